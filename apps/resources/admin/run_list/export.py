"""What a file of runs has of each: as much as lists have, whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from apps.resources.admin.list_kit.files import Record
from apps.resources.admin.run_list.asked import Asked, narrowing
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import RunFilter, input_of, list_runs, rows_of
from apps.resources.executions.model import Execution, Phase
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.running.names import names_of

AT_ONCE: Final = 100


def records_of(kind: ExecutionKind, ids: Sequence[str], asked: Asked, caller: Caller) -> Iterator[Record]:
    """Of the runs with these ids, or of all that `asked` finds where there are none."""
    return _records(kind, _of_ids(kind, ids, caller) if ids else _of_filter(asked, caller), caller)


def columns_of(kind: ExecutionKind) -> list[str]:
    given = ["message"] if kind is AGENT_EXECUTION else ["message", "input"]
    times = ["created_at", "started_at", "completed_at", "duration_seconds"]
    return ["id", _of(kind), "org", "phase", *times, "tokens", *given, "error", "labels"]


def _of(kind: ExecutionKind) -> str:
    return "agent" if kind is AGENT_EXECUTION else "workflow"


def _of_ids(kind: ExecutionKind, ids: Sequence[str], caller: Caller) -> Iterator[list[Execution]]:
    for start in range(0, len(ids), AT_ONCE):
        wanted = RunFilter(kinds=(kind,), also=narrowing({"pk__in": ids[start : start + AT_ONCE]}, whole=True))
        yield list(rows_of(kind, wanted, caller).order_by("-pk"))


def _of_filter(asked: Asked, caller: Caller) -> Iterator[list[Execution]]:
    """Newest first, page by page; however the list is sorted."""
    token = ""
    while True:
        page = list_runs(asked.wanted, caller, size=AT_ONCE, token=token)
        yield page.rows
        token = page.next_token
        if not token:
            return


def _records(kind: ExecutionKind, pages: Iterable[list[Execution]], caller: Caller) -> Iterator[Record]:
    columns = columns_of(kind)
    for rows in pages:
        names = names_of(rows, caller)
        for row in rows:
            found = _record(kind, row, names.get(row.target_id, row.target_id))
            yield {name: found[name] for name in columns}


def _record(kind: ExecutionKind, row: Execution, of: str) -> Record:
    spec = row.spec or {}
    moments = {name: getattr(row, name) for name in ("created_at", "started_at", "completed_at")}
    return {
        "id": row.pk,
        _of(kind): of,
        "org": row.org,
        "phase": Phase(row.phase).label,
        **{name: at.isoformat() if at else None for name, at in moments.items()},
        "duration_seconds": row.seconds,
        "tokens": row.tokens,
        "message": spec.get("message") or spec.get("trigger_message") or "",
        "input": input_of(row),
        "error": row.error,
        "labels": row.labels,
    }
