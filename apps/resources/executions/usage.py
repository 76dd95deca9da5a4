"""What runs have asked of models, summed up by the database, and what that costs by the prices that are known today.

Prices are looked up for each model, day and length of prompts; all else is a sum of a few rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Count, F, QuerySet, Sum

from apps.resources.caller import Caller
from apps.resources.executions.model import Phase, RunUsage
from apps.resources.executions.queries import agent_runs_of, recorded_events
from apps.resources.executions.spending import SAID, tokens_so_far
from apps.resources.ports import machine
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.storage.lookup import visible
from apps.shared.prices import Prices, Tariff

DAY_SECONDS: Final = 86_400
EPOCH: Final = date(1970, 1, 1)
SURPLUS: Final = Count("pk") - Count("execution_id", distinct=True)
"""Rows beyond the first of each run."""
BY: Final = ("agent", "model", "day", "project")


@dataclass(frozen=True)
class UsageFilter:
    """Which of them; whatever is empty counts for nothing."""

    org: str = ""
    target_ids: Sequence[str] | None = None
    model: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class Spent:
    """A sum. `cost` is in US dollars, None where nothing of it has a price."""

    runs: int = 0
    read: int = 0
    written: int = 0
    cost: Decimal | None = None
    unpriced: int = 0


class Part(NamedTuple):
    """Tokens of one price, of one `key` of those that are summed up by."""

    key: str
    tariff: Tariff
    read: int
    written: int


@dataclass(frozen=True)
class Sums:
    """By their keys, in no order."""

    spent: dict[str, Spent]
    total: Spent
    unpriced_models: list[str] = field(default_factory=list)
    """Most tokens first."""
    prices: Prices = field(default_factory=lambda: Prices({}))


def sum_up(
    wanted: UsageFilter, by: str, caller: Caller, *, utc_offset: int = 0, key_of: Callable[[str], str] = str
) -> Sums:
    """By `agent` (an id), `model` or `day` (of a zone `utc_offset` seconds before UTC; `2026-11-23`).

    `key_of` makes another key of each. Not to be called in a transaction: looking prices up may take seconds.
    """
    rows = _rows(wanted, caller)
    column = {"agent": F("target_id"), "model": F("model"), "day": _day(utc_offset)}[by]

    def named(key: Any) -> str:  # Any: the value of that column
        return key_of(_date_of(key) if by == "day" else str(key))

    parts, counted = [], Counter[str]()
    for key, model, over, day, read, written, number in (
        rows.annotate(key=column, day=_day(0))
        .values_list("key", "model", "prompt_over", "day")
        .annotate(read=Sum("input_tokens"), written=Sum("output_tokens"), rows=Count("pk"))
        .order_by()
    ):
        parts.append(Part(named(key), Tariff(model, over, EPOCH + timedelta(days=day)), read, written))
        counted[named(key)] += number
    # Most runs have one row. Telling a million of them apart takes longer than all else: those that have several are
    # found by an index, and what was counted too often is taken off.
    total = counted.total()
    repeated = rows.filter(execution_id__in=_with_several_rows(rows))
    for key, surplus in repeated.annotate(key=column).values_list("key").annotate(surplus=SURPLUS).order_by():
        counted[named(key)] -= surplus
    if by == "model":  # of which a run may have several; the other keys are one each
        total -= repeated.aggregate(surplus=SURPLUS)["surplus"]
    else:
        total = counted.total()
    return _priced(parts, counted, total)


def _with_several_rows(rows: QuerySet[RunUsage]) -> QuerySet[RunUsage, Any]:  # Any: their ids
    several = rows.order_by().values("execution_id").annotate(rows=Count("pk")).filter(rows__gt=1)
    return several.values("execution_id")


def spent_by(execution_ids: Sequence[str]) -> dict[str, Spent]:
    """What each of these runs has asked itself; those that asked nothing are left out. The caller sees them all."""
    return _priced(
        _parts_of(RunUsage.objects.filter(execution_id__in=execution_ids), "execution_id"), Counter(), 0
    ).spent


def parts_in(execution_id: str, caller: Caller) -> list[Part]:
    """What this run has asked so far, and the runs of agents that it has started, by their ids."""
    found = [*agent_runs_of(execution_id, caller).values_list("pk", "phase")]
    found += visible(AGENT_EXECUTION, caller).filter(pk=execution_id).values_list("pk", "phase")
    parts = _parts_of(RunUsage.objects.filter(execution_id__in=[pk for pk, _ in found]), "execution_id")
    ended, today = {part.key for part in parts}, datetime.now(UTC).date()
    for pk in (pk for pk, phase in found if not Phase(phase).is_terminal and pk not in ended):
        events = recorded_events(AGENT_EXECUTION, pk, caller).filter(type__in=SAID)
        for (model, over), tokens in sorted(tokens_so_far(events).items()):
            parts.append(Part(pk, Tariff(model, over, today), tokens.read, tokens.written))
    return parts


def spent_in(parts: Sequence[Part]) -> Sums:
    """Those of `parts_in`, by model. Not to be called in a transaction: looking prices up may take seconds."""
    runs = {(each.tariff.model, each.key) for each in parts}
    counts = Counter(model for model, _ in runs)
    return _priced((each._replace(key=each.tariff.model) for each in parts), counts, len({run for _, run in runs}))


def _parts_of(rows: QuerySet[RunUsage], column: str) -> list[Part]:
    found = rows.values_list(column, "model", "prompt_over", "ended_second", "input_tokens", "output_tokens")
    return [
        Part(key, Tariff(model, over, datetime.fromtimestamp(second, UTC).date()), read, written)
        for key, model, over, second, read, written in found
    ]


def _rows(wanted: UsageFilter, caller: Caller) -> QuerySet[RunUsage]:
    rows = RunUsage.objects.all()
    if caller.sight is not None:
        rows = rows.filter(execution_id__in=visible(AGENT_EXECUTION, caller).values("pk"))
    if wanted.org:
        rows = rows.filter(org=wanted.org)
    if wanted.target_ids is not None:
        rows = rows.filter(target_id__in=wanted.target_ids)
    if wanted.model:
        rows = rows.filter(model=wanted.model)
    if wanted.since is not None:
        rows = rows.filter(ended_second__gte=int(wanted.since.timestamp()))
    if wanted.until is not None:
        rows = rows.filter(ended_second__lt=int(wanted.until.timestamp()))
    return rows


def _day(utc_offset: int) -> Any:  # Any: an expression, whose class is Django's own
    """How many days from the epoch: a division of whole numbers."""
    return (F("ended_second") + utc_offset) / DAY_SECONDS


def _date_of(day: int) -> str:
    return (EPOCH + timedelta(days=int(day))).isoformat()


def _priced(parts: Iterable[Part], runs: Counter[str], total_runs: int) -> Sums:
    parts = [*parts]
    prices = machine().prices.look_up({each.tariff for each in parts})
    spent: defaultdict[str, Spent] = defaultdict(Spent)
    total, unpriced = Spent(runs=total_runs), Counter[str]()
    for part in parts:
        price = prices.prices[part.tariff]
        cost = None if price is None else part.read * price.read + part.written * price.written
        for each in (spent[part.key], total):
            each.read, each.written = each.read + part.read, each.written + part.written
            if cost is None:
                each.unpriced += part.read + part.written
            else:
                each.cost = (each.cost or Decimal(0)) + cost
        if cost is None:
            unpriced[part.tariff.model] += part.read + part.written
    for key, each in spent.items():
        each.runs = runs[key]
    return Sums(dict(spent), total, [model for model, _ in unpriced.most_common()], prices)
