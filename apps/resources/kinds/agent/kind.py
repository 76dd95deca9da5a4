from apps.resources.kind import Kind, ReferenceField
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
