from collections.abc import Iterator

from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.kind import Kind, ReferenceField, SpecReview
from apps.resources.kinds.agent.model import Agent


class AgentKind(Kind[Agent]):
    name = "Agent"
    plural = "agents"
    number = 40
    prefix = "agt"
    package = "ai.stigmer.agentic.agent.v1"
    model = Agent
    default_instance = "AgentInstance"
    references = (
        ReferenceField("skill_refs[]", "Skill", may_be_elsewhere=True),
        ReferenceField("sub_agents[].skill_refs[]", "Skill", may_be_elsewhere=True),
        # A server without a type is one that is stored, by its name.
        ReferenceField("mcp_servers[]", "McpServer", slug_field="name", unless=("stdio", "http", "docker")),
    )

    def review(self, spec: dict[str, Json]) -> SpecReview:
        """The contract says of both that their names are unique within the agent, and has no rule that checks it."""
        said = super().review(spec)
        return SpecReview([*said.violations, *_twins(spec, "mcp_servers"), *_twins(spec, "sub_agents")], said.status)


def _twins(spec: dict[str, Json], field: str) -> Iterator[Violation]:
    """Items of a list that have the name of an earlier one. A missing name is the contract's to refuse."""
    first: dict[str, int] = {}
    for number, item in enumerate(spec.get(field) or []):
        name = item.get("name")
        if name and first.setdefault(name, number) != number:
            yield Violation(f"spec.{field}[{number}].name", f"another one of this list is called {name} too")
