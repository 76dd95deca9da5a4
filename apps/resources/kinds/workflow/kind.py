import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.kind import Kind, SpecReference, SpecReview
from apps.resources.kinds.workflow.mentions import AGENT, WORKFLOW, mentions
from apps.resources.kinds.workflow.model import Workflow
from apps.resources.ports import machine
from apps.shared.annotations import INPUT_SCHEMA
from apps.shared.input_schema import NotASchema, read_schema


class WorkflowKind(Kind[Workflow]):
    name = "Workflow"
    plural = "workflows"
    number = 50
    prefix = "wfl"
    package = "ai.stigmer.agentic.workflow.v1"
    model = Workflow
    default_instance = "WorkflowInstance"
    references = (AGENT, WORKFLOW)

    def references_in(self, spec: dict[str, Json]) -> Iterator[SpecReference]:
        return mentions(spec.get("tasks", []), "spec.tasks")

    def review(self, spec: dict[str, Json]) -> SpecReview:
        found = machine().inspect(spec)
        warnings = [str(warning) for warning in found.warnings]
        checked = {"state": "VALID", "warnings": warnings, "validated_at": datetime.now(UTC).isoformat()}
        return SpecReview(
            violations=sorted(found.errors, key=_position),
            status={"serverless_workflow_validation": checked},
            warnings=warnings,
        )

    def review_annotations(self, annotations: Mapping[str, str]) -> Sequence[Violation]:
        if INPUT_SCHEMA not in annotations:
            return ()
        try:
            read_schema(annotations[INPUT_SCHEMA])
        except NotASchema as error:
            return [Violation(f'metadata.annotations["{INPUT_SCHEMA}"]', str(error))]
        return ()


def _position(violation: Violation) -> tuple[list[int], str]:
    """The order of the text, as far as it is known: the keys of a config have none."""
    return [int(number) for number in re.findall(r"\[(\d+)\]", violation.path)], violation.path
