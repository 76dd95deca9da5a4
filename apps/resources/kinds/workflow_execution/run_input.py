"""The input of a run, as its workflow declares it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.kinds.workflow.model import Workflow
from apps.shared.annotations import INPUT_SCHEMA
from apps.shared.input_schema import complete, read_schema
from apps.shared.masking import Masker

PLACE = "spec.trigger_metadata"


class RunInput(NamedTuple):
    """By name: values as they are, and texts of which nobody has said what they stand for."""

    typed: Mapping[str, Json]
    texts: Mapping[str, str]

    @property
    def values(self) -> dict[str, Json]:
        return {**self.texts, **self.typed}


def declared_input(given: RunInput, workflow: Workflow, masker: Masker) -> RunInput:
    """`given` as the workflow declares it, typed and with defaults; as it is where the workflow declares nothing.

    Raises InvalidInput with every violation.
    """
    text = workflow.annotations.get(INPUT_SCHEMA)
    if not text:
        return given
    values, complaints = complete(read_schema(text), given.typed, given.texts)
    if complaints:
        raise InvalidInput(
            (Violation(_place(each.path), masker.text(each.text)) for each in complaints),
            hint=f"`stigmer get workflow {workflow.slug} -o yaml` shows the input that it declares",
        )
    return RunInput(values, {})


def as_text(value: Json) -> str:
    """A value of the input as it stands in `trigger_metadata`: what is no text as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _place(path: Iterable[str | int]) -> str:
    """`spec.trigger_metadata["who"].ids[0]`."""
    place = PLACE
    for index, step in enumerate(path):
        is_name = isinstance(step, str) and step.isidentifier() and index > 0
        place += f".{step}" if is_name else f"[{json.dumps(step)}]"
    return place
