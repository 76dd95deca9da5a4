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
        ReferenceField("skill_refs[]", "Skill"),
        ReferenceField("sub_agents[].skill_refs[]", "Skill"),
    )
