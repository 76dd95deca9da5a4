"""What happened to a resource: how it was written, and how its last runs began and ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apps.backends.runs import Phase
from cli.output import one_line, table
from cli.runs.page import clock
from cli.runs.words import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.base import Change
    from apps.backends.revisions import Revision
    from apps.backends.run_lists import RunEntry

BACK = re.compile(r"back to revision \d+")
"""What the server notes of a rollback, unless its author said something."""


@dataclass(frozen=True)
class Event:
    """One thing that happened, at so many seconds from the epoch: a write, or the beginning or the end of a run."""

    at: float
    event: str
    """`created`, `updated`, `rolled back`; `run started`, `run failed` ..."""
    actor: str = ""
    revision: int = 0
    message: str = ""
    """What its author said of a write; why a run failed."""
    changes: Sequence[Change] = ()
    execution: str = ""


def events_of(revisions: Sequence[Revision], runs: Sequence[RunEntry]) -> list[Event]:
    """All that is to be told of these, newest first: a busy day hides no write."""
    found = [*map(written, revisions)]
    for run in runs:
        found.append(Event(run.created_at, "run started", execution=run.id))
        if run.phase.is_terminal:
            said = run.error if run.phase is not Phase.COMPLETED else ""
            ended = run.completed_at or run.created_at
            found.append(Event(ended, f"run {in_words(run.phase.value)}", message=said, execution=run.id))
    # Of one moment, what came last was found last.
    return sorted(found, key=lambda each: each.at)[::-1]


def written(revision: Revision) -> Event:
    """Of a revision."""
    is_back = revision.event == "updated" and BACK.fullmatch(revision.message)
    return Event(
        revision.at,
        "rolled back" if is_back else revision.event,
        revision.actor,
        revision.number,
        revision.message,
        revision.changes,
    )


def as_table(events: Sequence[Event]) -> str:
    """For people."""
    rows = [(clock(each.at), each.event, each.actor or "-", in_short(each)) for each in events]
    return table(("WHEN", "EVENT", "BY", "WHAT"), rows, width=1000)


def in_short(event: Event) -> str:
    """`revision 3: spec.instructions (shorter)`, or `wex-01m8...: boom`."""
    from cli.revisions import changed

    if event.execution:
        return f"{event.execution}{f': {one_line(event.message)}' if event.message else ''}"
    paths = f": {changed(event.changes)}" if event.changes else ""
    return f"revision {event.revision}{paths}{f' ({one_line(event.message)})' if event.message else ''}"


def record(event: Event) -> dict[str, Any]:  # plain data
    """For a program. What does not apply is null."""
    return {
        "time": time_of(event.at),
        "event": event.event,
        "actor": event.actor or None,
        "revision": event.revision or None,
        "execution": event.execution or None,
        "message": event.message or None,
        "changed": [each.path for each in event.changes],
    }


def run_record(run: RunEntry) -> dict[str, Any]:  # plain data
    """A run for a program, in short."""
    return {
        "id": run.id,
        "kind": run.kind,
        "name": run.name,
        "phase": run.phase.value,
        "waiting": run.waiting or None,
        "createdAt": time_of(run.created_at),
        "startedAt": time_of(run.started_at),
        "completedAt": time_of(run.completed_at),
        "error": run.error or None,
    }


def time_of(at: float) -> str | None:
    """As RFC 3339 has it, in UTC; None for 0."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z") if at else None
