from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.errors import Violation
from apps.resources.kind import Json, Kind
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

    def check(self, spec: dict[str, Json]) -> Iterable[Violation]:
        # Here and not at the top: it loads thirteen generated modules that a card does not need.
        from apps.resources.kinds.workflow.codec import task_violations

        found = list(task_violations(spec))
        return found or self._inspected(spec).errors

    def observe(self, spec: dict[str, Json]) -> dict[str, Json]:
        warnings = [str(warning) for warning in self._inspected(spec).warnings]
        checked = {"state": "VALID", "warnings": warnings, "validated_at": datetime.now(UTC).isoformat()}
        return {"serverless_workflow_validation": checked}

    def _inspected(self, spec: dict[str, Json]) -> Inspection:
        inspect = type(self).inspect
        return inspect(spec) if inspect else Inspection()

    def instance_spec(self, resource_id: str) -> dict[str, Json]:
        return {"workflow_id": resource_id}
