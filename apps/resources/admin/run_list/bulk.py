"""What is done with many runs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apps.resources.admin.list_kit.deeds import MOST_AT_ONCE, Chosen, Deed
from apps.resources.admin.list_kit.labels import SET_LABEL
from apps.resources.admin.run_list.asked import Asked, narrowing
from apps.resources.admin.run_list.lines import lines
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import RunFilter, list_runs, rows_of

PAGE: Final = 100


DEEDS: Final = {
    deed.name: deed
    for deed in (
        Deed(
            "again",
            "Run again",
            "started again",
            (
                "A new run of each starts now, with the same message or input, environments and model.",
                "They take the agent or workflow as it is today, and cost what they cost.",
            ),
            for_live=None,
        ),
        Deed(
            "cancel",
            "Cancel",
            "being cancelled",
            ("What is under way in them is stopped; what they have done stays done.",),
            for_live=True,
        ),
        SET_LABEL,
        Deed(
            "delete",
            "Delete",
            "deleted",
            ("They are gone for good, with their conversations, tasks and events. Revisions are kept.",),
            for_live=False,
            is_dangerous=True,
        ),
    )
}


def choose(kind: ExecutionKind, deed: Deed, ids: Sequence[str], asked: Asked | None, caller: Caller) -> Chosen:
    """Of these runs, or of all that `asked` finds, the newest that the deed is for."""
    if asked is None:
        wanted = RunFilter(kinds=(kind,), also=narrowing({"pk__in": list(ids)[:MOST_AT_ONCE]}))
        rows, has_more = list(rows_of(kind, wanted, caller).order_by("-pk")), len(ids) > MOST_AT_ONCE
    else:
        rows, token = [], ""
        while len(rows) < MOST_AT_ONCE:
            page = list_runs(asked.wanted, caller, size=PAGE, token=token)
            rows += page.rows
            token = page.next_token
            if not token:
                break
        has_more = bool(token)
    found = lines(kind, rows, caller)
    fitting = [line for line in found if deed.for_live in {None, line.is_live}]
    return Chosen(fitting, len(found) - len(fitting), has_more)
