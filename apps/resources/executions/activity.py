"""How many runs ended in each hour, how, how long they took and what they read and wrote: what charts are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.registry import EXECUTION_KINDS
from apps.resources.storage.lookup import visible

HOUR: Final = timedelta(hours=1)
MOST_READ: Final = 2_000
"""Runs that are read one by one. Where more have ended, the database counts them hour by hour."""
HOURS_AT_ONCE: Final = 24
"""That are counted for one answer; the next one goes on. The newest come first."""
SAMPLE: Final = 50
"""Durations that are read of an hour with many runs."""
SETTLED: Final = timedelta(minutes=1)
"""After its end, an hour is what it is: runs are stored as soon as they end."""


@dataclass(frozen=True)
class Hour:
    """Of the runs that ended in it; `seconds` are the durations of those that were completed, or of a sample."""

    runs: int = 0
    failed: int = 0
    tokens: int = 0
    seconds: tuple[float, ...] = ()


def together(hours: Iterable[Hour]) -> Hour:
    """What several come to."""
    some = list(hours)
    return Hour(
        runs=sum(hour.runs for hour in some),
        failed=sum(hour.failed for hour in some),
        tokens=sum(hour.tokens for hour in some),
        seconds=tuple(chain.from_iterable(hour.seconds for hour in some)),
    )


@dataclass
class Memory:
    """Hours that were counted and are over, of callers who see everything. Deletions later on do not change them."""

    hours: dict[tuple[str, datetime], Hour] = field(default_factory=dict)

    def forget_before(self, first: datetime) -> None:
        for key in [key for key in self.hours if key[1] < first]:
            self.hours.pop(key, None)


@dataclass(frozen=True)
class Activity:
    """By the beginning of the hour, in UTC; hours without runs are left out. Not `is_whole`: ask again for the rest."""

    hours: Mapping[datetime, Hour]
    is_whole: bool


def activity(first: datetime, now: datetime, caller: Caller, memory: Memory) -> Activity:
    """Of both kinds of runs, since the hour that begins at `first`."""
    memory.forget_before(first)
    left, is_whole = HOURS_AT_ONCE, True
    found: defaultdict[datetime, list[Hour]] = defaultdict(list)
    for kind in EXECUTION_KINDS:
        is_many = _is_many(kind, first, caller)
        if is_many and caller.sight is None:
            hours, left, is_all = _counted(kind, first, now, caller, memory, left)
        else:
            hours, is_all = _grouped(_read(kind, first, caller)), not is_many
        is_whole = is_whole and is_all
        for at, hour in hours.items():
            found[at].append(hour)
    return Activity({at: together(some) for at, some in found.items()}, is_whole)


Ended = tuple[datetime, int, float | None, int | None]


def _ended(kind: ExecutionKind, first: datetime, caller: Caller) -> QuerySet[Any]:
    rows: QuerySet[Any] = visible(kind, caller).filter(completed_at__gte=first)
    return rows


def _is_many(kind: ExecutionKind, first: datetime, caller: Caller) -> bool:
    rows = _ended(kind, first, caller).order_by("-completed_at").values_list("completed_at")
    return bool(rows[MOST_READ : MOST_READ + 1])


def _read(kind: ExecutionKind, first: datetime, caller: Caller) -> list[Ended]:
    """The newest of them."""
    rows = _ended(kind, first, caller).order_by("-completed_at")
    return [*rows.values_list("completed_at", "phase", "seconds", "tokens")[:MOST_READ]]


def _grouped(rows: list[Ended]) -> dict[datetime, Hour]:
    by_hour: defaultdict[datetime, list[Ended]] = defaultdict(list)
    for row in rows:
        by_hour[row[0].replace(minute=0, second=0, microsecond=0)].append(row)
    return {
        at: Hour(
            runs=len(some),
            failed=sum(phase == Phase.FAILED for _, phase, _, _ in some),
            tokens=sum(tokens or 0 for *_, tokens in some),
            seconds=tuple(seconds for _, phase, seconds, _ in some if phase == Phase.COMPLETED and seconds is not None),
        )
        for at, some in by_hour.items()
    }


def _counted(
    kind: ExecutionKind, first: datetime, now: datetime, caller: Caller, memory: Memory, left: int
) -> tuple[dict[datetime, Hour], int, bool]:
    """Hour by hour, at most `left` of those that memory does not have; how many may be counted after that."""
    found: dict[datetime, Hour] = {}
    for at in _hours_back(first, now):
        known = memory.hours.get((kind.name, at))
        if known is None:
            if left <= 0:
                return found, 0, False
            known, left = _count(kind, at, caller), left - 1
            if at + HOUR + SETTLED < now:
                memory.hours[kind.name, at] = known
        if known.runs:
            found[at] = known
    return found, left, True


def _hours_back(first: datetime, now: datetime) -> Iterator[datetime]:
    at = now.replace(minute=0, second=0, microsecond=0)
    while at >= first:
        yield at
        at -= HOUR


def _count(kind: ExecutionKind, at: datetime, caller: Caller) -> Hour:
    rows = _ended(kind, at, caller).filter(completed_at__lt=at + HOUR)
    found = rows.order_by().aggregate(
        runs=Count("completed_at"),
        failed=Count("completed_at", filter=Q(phase=Phase.FAILED)),
        tokens=Sum("tokens"),
    )
    # Not by the phase, which would lead the database to another index.
    some = rows.order_by("completed_at").values_list("phase", "seconds")[:SAMPLE]
    seconds = tuple(taken for phase, taken in some if phase == Phase.COMPLETED and taken is not None)
    return Hour(found["runs"], found["failed"], found["tokens"] or 0, seconds)


def percentile(ranked: Sequence[float], share: float) -> float | None:
    """The nearest rank in what is sorted; None of nothing."""
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else None
