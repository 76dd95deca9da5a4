"""Instances to deploy: an agent or a workflow in concrete environments."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from stigmer import checks
from stigmer.agent import Agent
from stigmer.environments import Environments, environment_slugs
from stigmer.errors import DefinitionError
from stigmer.metadata import Metadata, Scope
from stigmer.registry import current
from stigmer.resource import Resource
from stigmer.workflow import Workflow

if TYPE_CHECKING:
    from stigmer_proto.agentic.agentinstance.v1.api_pb2 import AgentInstance as AgentInstanceMessage
    from stigmer_proto.agentic.workflowinstance.v1.api_pb2 import WorkflowInstance as WorkflowInstanceMessage


class _Instance(Resource):
    """What both have: what they are instances of, and their environments."""

    def __init__(
        self,
        owner: str,
        metadata: Metadata,
        of: Resource | str,
        wanted: type[Resource],
        environments: Environments,
        description: str,
    ) -> None:
        super().__init__(metadata)
        self._noun = wanted.noun
        self._of = _slug(owner, wanted.noun, of, wanted)
        self._environments = environment_slugs(owner, environments)
        self._description = checks.text(owner, "description", description)
        current().add(self)

    def dependencies(self) -> list[str]:
        """What has to exist before it: `agent:<slug>` or `workflow:<slug>`, `environment:<slug>`."""
        return [f"{self._noun}:{self._of}", *(f"environment:{slug}" for slug in self._environments)]


class AgentInstance(_Instance):
    """An agent with environments to deploy.

    `agent` is an agent of the program, or the slug of one that is deployed; so are `environments`, of which later ones
    win over earlier ones.
    """

    kind: ClassVar[str] = "AgentInstance"
    noun: ClassVar[str] = "agent-instance"

    def __init__(
        self,
        name: str,
        agent: Agent | str,
        *,
        environments: Environments = (),
        slug: str | None = None,
        description: str = "",
        scope: Scope = "organization",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        owner = f'AgentInstance("{name}")'
        metadata = Metadata(owner, name=name, slug=slug, scope=scope, labels=labels, annotations=annotations, tags=tags)
        super().__init__(owner, metadata, agent, Agent, environments, description)

    def to_dict(self, stamp: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of the message, by their names in the contract."""
        spec = {
            "agent_id": self._of,
            "description": self._description,
            "environment_refs": _refs(self._environments),
        }
        return self.envelope(spec, stamp)

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "AgentInstanceMessage":
        """The message that is deployed. Imports protobuf."""
        from stigmer_proto.agentic.agentinstance.v1.api_pb2 import AgentInstance as AgentInstanceMessage

        return AgentInstanceMessage(**self.to_dict(stamp))


class WorkflowInstance(_Instance):
    """A workflow with environments to deploy.

    `workflow` is a workflow of the program, or the slug of one that is deployed; so are `environments`, of which later
    ones win over earlier ones.
    """

    kind: ClassVar[str] = "WorkflowInstance"
    noun: ClassVar[str] = "workflow-instance"

    def __init__(
        self,
        name: str,
        workflow: Workflow | str,
        *,
        environments: Environments = (),
        slug: str | None = None,
        description: str = "",
        scope: Scope = "organization",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        owner = f'WorkflowInstance("{name}")'
        metadata = Metadata(owner, name=name, slug=slug, scope=scope, labels=labels, annotations=annotations, tags=tags)
        super().__init__(owner, metadata, workflow, Workflow, environments, description)

    def to_dict(self, stamp: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of the message, by their names in the contract."""
        spec = {"workflow_id": self._of, "description": self._description, "env_refs": _refs(self._environments)}
        return self.envelope(spec, stamp)

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "WorkflowInstanceMessage":
        """The message that is deployed. Imports protobuf."""
        from stigmer_proto.agentic.workflowinstance.v1.api_pb2 import WorkflowInstance as WorkflowInstanceMessage

        return WorkflowInstanceMessage(**self.to_dict(stamp))


def _slug(owner: str, argument: str, given: object, wanted: type[Resource]) -> str:
    if isinstance(given, wanted):
        return given.slug
    if isinstance(given, str):
        return checks.valid_slug(owner, argument, given)
    problem = f"must be {wanted.__name__} or a slug, not {checks.kind_of(given)}"
    raise DefinitionError(owner, argument, problem)


def _refs(slugs: list[str]) -> list[dict[str, str]]:
    return [{"slug": slug} for slug in slugs]
