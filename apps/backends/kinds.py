"""The kinds a client can name: one row for each, with the words people use for it.

Nothing generated is imported until a message of a kind is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from apps.backends.fast_imports import load_protobuf

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table. `name` is the word of a manifest, `package` its place below `ai.stigmer`.

    `origin` says how one comes about that cannot be applied; it is empty for what can.
    """

    name: str
    package: str
    plural: str
    short: str
    id_prefix: str
    origin: str = ""

    @property
    def is_declared(self) -> bool:
        return not self.origin

    @property
    def singular(self) -> str:
        """The noun for one: `agent-instance`."""
        return self.plural.removesuffix("ies") + "y" if self.plural.endswith("ies") else self.plural.removesuffix("s")

    @property
    def message_name(self) -> str:
        """Full name of the protobuf message: `ai.stigmer.agentic.agent.v1.Agent`."""
        return f"ai.stigmer.{self.package}.{self.name}"

    @property
    def type_url(self) -> str:
        """How `google.protobuf.Any` names the message."""
        return f"type.googleapis.com/{self.message_name}"

    def message_class(self) -> Any:  # a generated class, known only at run time
        """The generated class; the first call imports its module."""
        load_protobuf()
        return getattr(import_module(f"stigmer_proto.{self.package}.api_pb2"), self.name)

    def nouns(self) -> Iterator[str]:
        """Every word that means this kind, in lower case."""
        for noun in (self.singular, self.short, self.name.lower()):
            yield from (noun, f"{noun.removesuffix('y')}ies" if self.plural.endswith("ies") else f"{noun}s")


BY_RUN = "`stigmer run` makes it"

# In the order in which to apply them: what others refer to comes first.
KINDS: tuple[Kind, ...] = (
    Kind("Environment", "agentic.environment.v1", "environments", "env", "env"),
    Kind("McpServer", "agentic.mcpserver.v1", "mcp-servers", "mcp", "mcp"),
    Kind("Skill", "agentic.skill.v1", "skills", "skl", "skl"),
    Kind("Agent", "agentic.agent.v1", "agents", "ag", "agt"),
    Kind("AgentInstance", "agentic.agentinstance.v1", "agent-instances", "ai", "ain"),
    Kind("Workflow", "agentic.workflow.v1", "workflows", "wf", "wfl"),
    Kind("WorkflowInstance", "agentic.workflowinstance.v1", "workflow-instances", "wfi", "win"),
    Kind("Session", "agentic.session.v1", "sessions", "ses", "ses"),
    Kind("AgentExecution", "agentic.agentexecution.v1", "agent-executions", "aex", "aex", origin=BY_RUN),
    Kind("WorkflowExecution", "agentic.workflowexecution.v1", "workflow-executions", "wex", "wex", origin=BY_RUN),
    Kind("ExecutionContext", "agentic.executioncontext.v1", "execution-contexts", "ctx", "exec", origin=BY_RUN),
    Kind("Organization", "tenancy.organization.v1", "organizations", "org", "org"),
    Kind(
        "IdentityAccount", "iam.identityaccount.v1", "identity-accounts", "account", "ida", origin="signing up makes it"
    ),
    Kind("ApiKey", "iam.apikey.v1", "api-keys", "key", "key", origin="a call makes it, which answers the key once"),
    Kind(
        "IamPolicy", "iam.iampolicy.v1", "iam-policies", "policy", "iamp", origin="a call makes it, which gives access"
    ),
)

BY_NAME = {kind.name: kind for kind in KINDS}
DECLARED = tuple(kind.name for kind in KINDS if kind.is_declared)
BY_NOUN = {noun: kind for kind in KINDS for noun in kind.nouns()}


def kind_of_type_url(type_url: str) -> str:
    """`Agent` for `type.googleapis.com/ai.stigmer.agentic.agent.v1.Agent`."""
    return type_url.rpartition(".")[2]
