from collections.abc import Iterable
from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.errors import Violation
from apps.resources.kind import Json, Kind
from apps.resources.kinds.workflow.model import Workflow


class WorkflowKind(Kind):
    name = "Workflow"
    plural = "workflows"
    number = 50
    prefix = "wfl"
    package = "ai.stigmer.agentic.workflow.v1"
    model: ClassVar[type[Resource]] = Workflow
    default_instance = "WorkflowInstance"

    def check(self, spec: dict[str, Json]) -> Iterable[Violation]:
        # Here and not at the top: it loads thirteen generated modules that a card does not need.
        from apps.resources.kinds.workflow.codec import task_violations

        return task_violations(spec)

    def instance_spec(self, resource_id: str) -> dict[str, Json]:
        return {"workflow_id": resource_id}
