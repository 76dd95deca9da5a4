from apps.resources.base import OwnerScope
from apps.resources.kind import Kind, Parent, ReferenceField
from apps.resources.kinds.agent_instance.model import AgentInstance


class AgentInstanceKind(Kind[AgentInstance]):
    name = "AgentInstance"
    plural = "agent instances"
    number = 45
    prefix = "ain"
    package = "ai.stigmer.agentic.agentinstance.v1"
    model = AgentInstance
    default_scope = OwnerScope.ORGANIZATION
    parent = Parent(kind="Agent", spec_field="agent_id", column="agent_id")
    # The published rule demands 52, which is workflow_execution; clients send 52 or the right number.
    references = (
        ReferenceField(
            "environment_refs[]", "Environment", called=frozenset({"", "environment", "workflow_execution"})
        ),
    )
    excused_rules = frozenset({"environment_refs.kind"})
