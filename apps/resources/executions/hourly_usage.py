"""What runs have asked of models, hour by hour: what the charts of cost are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import F, Q, QuerySet, Sum

from apps.resources.caller import Caller
from apps.resources.executions.activity import HOUR, HOURS_AT_ONCE, MOST_READ, SETTLED
from apps.resources.executions.model import RunUsage
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.storage.lookup import visible
from apps.shared.prices import Prices, Tariff

HOUR_SECONDS: Final = 3600


class Asked(NamedTuple):
    """Tokens of one price."""

    tariff: Tariff
    read: int
    written: int


@dataclass
class UsageMemory:
    """Hours that are over, of callers who see everything."""

    hours: dict[datetime, tuple[Asked, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class HourlyUsage:
    """By the beginning of the hour, in UTC. Not `is_whole`: ask again for the rest."""

    hours: Mapping[datetime, tuple[Asked, ...]]
    is_whole: bool

    @property
    def tariffs(self) -> set[Tariff]:
        return {asked.tariff for some in self.hours.values() for asked in some}


def usage_by_hour(first: datetime, now: datetime, caller: Caller, memory: UsageMemory) -> HourlyUsage:
    """Since the hour that begins at `first`: at once where little was asked, else some hours at a time."""
    for at in [at for at in memory.hours if at < first]:
        memory.hours.pop(at, None)
    rows = RunUsage.objects.filter(ended_second__gte=int(first.timestamp()))
    if caller.sight is not None:
        rows = rows.filter(execution_id__in=visible(AGENT_EXECUTION, caller).values("pk"))
    is_many = bool(rows.order_by("ended_second").values_list("pk")[MOST_READ : MOST_READ + 1])
    if not is_many or caller.sight is not None:
        return HourlyUsage(_grouped(rows), is_whole=True)
    found: dict[datetime, tuple[Asked, ...]] = {}
    left, at = HOURS_AT_ONCE, now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while at >= first:
        known = memory.hours.get(at)
        if known is None:
            if left <= 0:
                return HourlyUsage(found, is_whole=False)
            begin, left = int(at.timestamp()), left - 1
            known = _grouped(rows.filter(Q(ended_second__gte=begin, ended_second__lt=begin + HOUR_SECONDS))).get(at, ())
            if at + HOUR + SETTLED < now:
                memory.hours[at] = known
        if known:
            found[at] = known
        at -= HOUR
    return HourlyUsage(found, is_whole=True)


def _grouped(rows: QuerySet[RunUsage]) -> dict[datetime, tuple[Asked, ...]]:
    found: defaultdict[datetime, list[Asked]] = defaultdict(list)
    sums = (
        rows.annotate(hour=F("ended_second") / HOUR_SECONDS)
        .values_list("hour", "model", "prompt_over")
        .annotate(read=Sum("input_tokens"), written=Sum("output_tokens"))
        .order_by()
    )
    for hour, model, over, read, written in sums:
        at = datetime.fromtimestamp(int(hour) * HOUR_SECONDS, UTC)
        found[at].append(Asked(Tariff(model, over, at.date()), read, written))
    return {at: tuple(some) for at, some in found.items()}


def cost_of(some: Iterable[Asked], prices: Prices) -> tuple[Decimal | None, int]:
    """US dollars, None where nothing of it has a price; and how many tokens have none."""
    cost, unpriced = None, 0
    for asked in some:
        price = prices.prices.get(asked.tariff)
        if price is None:
            unpriced += asked.read + asked.written
        else:
            cost = (cost or Decimal(0)) + asked.read * price.read + asked.written * price.written
    return cost, unpriced
