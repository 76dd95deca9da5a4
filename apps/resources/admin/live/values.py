"""What happened in a run as it was recorded, and single values of that: whole, for whoever opens what pages cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse

from apps.resources.admin.live.texts import cut, iso, preview, spaced_json
from apps.resources.caller import Caller
from apps.resources.executions.event_base import Event
from apps.resources.executions.events import (
    MessageAdded,
    MessageEnded,
    OutputSet,
    PhaseChanged,
    StatusReplaced,
    TaskChanged,
    ToolCalled,
    event_of,
)
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, ExecutionEvent, Phase
from apps.resources.executions.queries import recorded_events
from apps.resources.json_value import Json
from apps.resources.storage.lookup import visible

PAGE: Final = 100
BRIEF: Final = 140
PARTS: Final[dict[type[Event], tuple[str, ...]]] = {
    MessageAdded: ("content",),
    ToolCalled: ("arguments", "result", "error"),
    TaskChanged: ("input", "output", "error"),
    OutputSet: ("output",),
}
UNSAID: Final = "response"
"""Of a message: what only its model's provider reads again."""


@dataclass(frozen=True)
class Recorded:
    """One event as a line of the page of all of them; `text` is JSON, or its beginning."""

    number: int
    type: str
    at: str
    brief: str
    text: str


def recorded(
    kind: ExecutionKind, execution_id: str, after: int, caller: Caller, size: int = PAGE
) -> tuple[list[Recorded], bool]:
    """A page of them in their order, and whether there are more."""
    rows = list(recorded_events(kind, execution_id, caller, after=after)[: size + 1])
    return [_line(row) for row in rows[:size]], len(rows) > size


def event_value(kind: ExecutionKind, execution_id: str, number: int, caller: Caller) -> Json:
    """An event as it is kept. Raises LookupError."""
    return _said(_event(kind, execution_id, number, caller))


def part_value(kind: ExecutionKind, execution_id: str, number: int, place: int, part: str, caller: Caller) -> Json:
    """One field of an event, or of the one at `place` of those that it stands for. Raises LookupError."""
    row = _event(kind, execution_id, number, caller)
    event = event_of(row)
    if isinstance(event, StatusReplaced):
        parts = [each for each, _ in event.parts()]
        event = parts[place]
    if part not in PARTS.get(type(event), ()):
        raise LookupError(part)
    return getattr(event, part)


def output_of(kind: ExecutionKind, run: Execution, caller: Caller) -> tuple[int, Json]:
    """What a workflow's run has answered so far, with the number of its event; 0 where there is none."""
    rows = recorded_events(kind, run.pk, caller).filter(type=OutputSet.type).order_by("-number")
    row = rows.first()
    return (0, None) if row is None else (row.number, row.data)


def answer(value: Json, name: str) -> HttpResponse:
    """`value` by itself: JSON, or text as it is. `name` is that of a file, should somebody keep it."""
    if isinstance(value, str):
        made = HttpResponse(value, content_type="text/plain; charset=utf-8")
    else:
        made = HttpResponse(spaced_json(value), content_type="application/json")
    made["Content-Disposition"] = f'inline; filename="{name}.{"txt" if isinstance(value, str) else "json"}"'
    return made


def _event(kind: ExecutionKind, execution_id: str, number: int, caller: Caller) -> ExecutionEvent:
    if not visible(kind, caller).filter(pk=execution_id).exists():
        raise LookupError(execution_id)
    row = recorded_events(kind, execution_id, caller, after=number - 1).first()
    if row is None or row.number != number:
        raise LookupError(number)
    return row


def _said(row: ExecutionEvent) -> Json:
    if row.type == MessageEnded.type:
        return {name: value for name, value in row.data.items() if name != UNSAID}
    return row.data


def _line(row: ExecutionEvent) -> Recorded:
    said = _said(row)
    told = {**said, "phase": Phase(said["phase"]).label} if row.type == PhaseChanged.type else said
    return Recorded(row.number, row.type.replace("_", " "), iso(row.at), _brief(told), preview(said))


def _brief(said: Any) -> str:  # Any: what a row keeps
    """The texts of it, as far as there is room."""
    line = " · ".join(_plain(text[: 2 * BRIEF]) for text in _texts(said) if text.strip())
    return line if len(line) <= BRIEF else f"{cut(line, BRIEF).partition(chr(10))[0]}…"


def _plain(text: str) -> str:
    """On one line, without what steers how letters are shown."""
    return " ".join("".join(sign for sign in text if unicodedata.category(sign) != "Cf").split())


def _texts(said: Any) -> Iterator[str]:  # Any: as above
    if isinstance(said, dict):
        for name, value in list(said.items())[:12]:
            if isinstance(value, str) and name not in {"started_at", "completed_at", "timestamp"}:
                yield value
            elif isinstance(value, int | float):
                yield f"{name} {value}"
