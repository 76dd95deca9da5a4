from typing import ClassVar

from apps.resources.base import OwnerScope, Resource
from apps.resources.errors import Violation
from apps.resources.kind import Json, Judgement, Kind, Parent, ReferenceField
from apps.resources.kinds.agent_instance.model import AgentInstance


class AgentInstanceKind(Kind):
    name = "AgentInstance"
    plural = "agent instances"
    number = 45
    prefix = "ain"
    package = "ai.stigmer.agentic.agentinstance.v1"
    model: ClassVar[type[Resource]] = AgentInstance
    default_scope = OwnerScope.ORGANIZATION
    parent = Parent(kind="Agent", spec_field="agent_id", column="agent_id")
    references = (ReferenceField("environment_refs[]", "Environment"),)
    # The published rule demands 52, which is workflow_execution; clients send 52 or the right number.
    excused_rules = frozenset({"environment_refs.kind"})

    def judge(self, spec: dict[str, Json]) -> Judgement:
        return Judgement(
            [
                Violation(f"spec.environment_refs[{index}]", "must refer to an environment")
                for index, reference in enumerate(spec.get("environment_refs", []))
                if reference.get("kind") not in {"environment", "workflow_execution"}
            ]
        )
