import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.kind import Kind, SpecReview
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

    def review(self, spec: dict[str, Json]) -> SpecReview:
        inspect = type(self).inspect
        found = inspect(spec) if inspect else Inspection()
        warnings = [str(warning) for warning in found.warnings]
        checked = {"state": "VALID", "warnings": warnings, "validated_at": datetime.now(UTC).isoformat()}
        return SpecReview(
            violations=sorted(found.errors, key=_position),
            status={"serverless_workflow_validation": checked},
            warnings=warnings,
        )

    def instance_spec(self, resource_id: str) -> dict[str, Json]:
        return {"workflow_id": resource_id}


def _position(violation: Violation) -> tuple[list[int], str]:
    """The order of the text, as far as it is known: the keys of a config have none."""
    return [int(number) for number in re.findall(r"\[(\d+)\]", violation.path)], violation.path
