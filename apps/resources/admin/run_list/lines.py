"""What a list says of each run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from apps.resources.admin.about import named, title_of
from apps.resources.admin.links import change_url
from apps.resources.admin.live.changes import tone
from apps.resources.admin.moments import duration, moment
from apps.resources.admin.run_list.asked import SHOWN
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.registry import AGENT, AGENT_EXECUTION, WORKFLOW
from apps.resources.running.names import names_of

NO_INPUT = frozenset({"", "{}", "null"})


@dataclass(frozen=True)
class Line:
    """Texts of one row; `started` is markup."""

    pk: str
    url: str
    title: str
    called: str
    """Its id, or the name that somebody gave it."""
    of: str
    of_url: str
    phase: str
    tone: str
    is_live: bool
    started: SafeString
    took: str
    tokens: str
    error: str


def lines(kind: ExecutionKind, rows: Iterable[Execution], caller: Caller) -> list[Line]:
    found = list(rows)
    names = names_of(found, caller)
    return [_line(kind, row, names.get(row.target_id, "")) for row in found]


def _line(kind: ExecutionKind, row: Execution, of: str) -> Line:
    above = AGENT if kind is AGENT_EXECUTION else WORKFLOW
    phase, error = said_phase(row), getattr(row, "said", "")
    return Line(
        pk=row.pk,
        url=change_url(kind, row.pk),
        title=title_of(_asked(row), of or named(row.name, row.pk)),
        called=named(row.name, row.pk),
        of=of,
        of_url=change_url(above, row.target_id) if of else "",
        phase=phase,
        tone=tone(Phase(row.phase).label),
        is_live=not Phase(row.phase).is_terminal,
        started=moment(row.started_at or row.created_at),
        took=_took(row),
        tokens="" if row.tokens is None else f"{row.tokens:,}",
        error=first_line(error),
    )


def _asked(row: Execution) -> str:
    """The message, or else the input, in short."""
    about, given = getattr(row, "about", ""), getattr(row, "given", None) or ""
    return str(about if about or given in NO_INPUT else given)


def first_line(error: str) -> str:
    """Of an error that was cut where lists end."""
    line = error.strip().partition("\n")[0]
    return f"{line}…" if len(line) >= SHOWN else line


def _took(row: Execution) -> str:
    """Of a run under way, how long it has taken so far."""
    begun, ended = row.started_at, row.completed_at
    if begun is None:
        return ""
    return duration((ended or timezone.now()) - begun) + ("" if ended else " so far")


def said_phase(row: Execution) -> str:
    """The phase; of one under way that it is about to be cancelled, or what it waits for."""
    phase = Phase(row.phase)
    if phase.is_terminal:
        return phase.label
    return "cancelling" if row.cancel_requested_at else row.waiting or phase.label
