"""What the runs of a list come to, at a cost that does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, Sum

from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import RunFilter, newest_runs, rows_of, runs_with_words
from apps.resources.executions.model import Execution, Phase
from apps.resources.storage.terms import newest_with_terms

MOST_COUNTED: Final = 5_000
MOST_FOUND: Final = 1_000
"""Of those that are found by their words or input, which are looked at one by one."""


@dataclass(frozen=True)
class Totals:
    """`failed`, `live` and `tokens` are of the newest `runs`; `has_more` says that there are others."""

    runs: int = 0
    failed: int = 0
    live: int = 0
    tokens: int = 0
    has_more: bool = False


def totals_of(wanted: RunFilter, caller: Caller) -> Totals:
    """Of the newest runs that meet it."""
    if wanted.has_words or wanted.input:
        find = runs_with_words if wanted.has_words else newest_runs
        found = find(wanted, caller, MOST_FOUND + 1)
        return _counted(found[:MOST_FOUND], has_more=len(found) > MOST_FOUND)
    return _sum([_of_kind(kind, wanted, caller) for kind in wanted.kinds])


def _of_kind(kind: ExecutionKind, wanted: RunFilter, caller: Caller) -> Totals:
    rows, terms = rows_of(kind, wanted, caller), wanted.terms(kind)
    if terms:
        rows = newest_with_terms(rows, terms, MOST_COUNTED + 1, "")
    found = (
        rows.order_by("-pk")
        .values("phase", "tokens")[: MOST_COUNTED + 1]
        .aggregate(
            runs=Count("phase"),
            failed=Count("phase", filter=Q(phase=Phase.FAILED)),
            live=Count("phase", filter=Q(phase__lt=Phase.COMPLETED)),
            tokens=Sum("tokens"),
        )
    )
    runs = min(found["runs"], MOST_COUNTED)
    return Totals(runs, found["failed"], found["live"], found["tokens"] or 0, has_more=found["runs"] > MOST_COUNTED)


def _counted(rows: Iterable[Execution], *, has_more: bool) -> Totals:
    runs = list(rows)
    phases = [Phase(row.phase) for row in runs]
    return Totals(
        runs=len(runs),
        failed=phases.count(Phase.FAILED),
        live=sum(not phase.is_terminal for phase in phases),
        tokens=sum(row.tokens or 0 for row in runs),
        has_more=has_more,
    )


def _sum(parts: list[Totals]) -> Totals:
    return Totals(
        runs=sum(part.runs for part in parts),
        failed=sum(part.failed for part in parts),
        live=sum(part.live for part in parts),
        tokens=sum(part.tokens for part in parts),
        has_more=any(part.has_more for part in parts),
    )
