from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.errors import Violation
from apps.resources.kind import Json, Judgement, Kind
from apps.resources.kinds.workflow.model import Workflow


@dataclass(frozen=True)
class Inspection:
    """What whoever runs workflows says of a definition."""

    errors: list[Violation] = field(default_factory=list)
    """What makes no sense: the workflow is refused."""
    warnings: list[Violation] = field(default_factory=list)
    """What is deployed and cannot run as it is."""


class WorkflowKind(Kind):
    name = "Workflow"
    plural = "workflows"
    number = 50
    prefix = "wfl"
    package = "ai.stigmer.agentic.workflow.v1"
    model: ClassVar[type[Resource]] = Workflow
    default_instance = "WorkflowInstance"
    inspect: ClassVar[Callable[[dict[str, Json]], Inspection] | None] = None
    """Set by the composition root: resources know no expressions."""

    def judge(self, spec: dict[str, Json]) -> Judgement:
        # Not at the top: the contract's rules take 0.1 s to import, and the admin starts without them.
        from apps.resources.kinds.workflow.codec import task_violations

        if found := list(task_violations(spec)):
            return Judgement(found)
        inspect = type(self).inspect
        inspection = inspect(spec) if inspect else Inspection()
        warnings = [str(warning) for warning in inspection.warnings]
        checked = {"state": "VALID", "warnings": warnings, "validated_at": datetime.now(UTC).isoformat()}
        return Judgement(inspection.errors, {"serverless_workflow_validation": checked})

    def instance_spec(self, resource_id: str) -> dict[str, Json]:
        return {"workflow_id": resource_id}
