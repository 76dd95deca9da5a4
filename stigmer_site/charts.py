"""Charts of the last day and the last two weeks, drawn by the server: pictures with a sentence and a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.moments import duration
from apps.resources.caller import Caller
from apps.resources.executions.activity import HOUR, Activity, Hour, Memory, activity, percentile, together
from apps.resources.executions.hourly_usage import HourlyUsage, UsageMemory, cost_of, usage_by_hour
from apps.resources.executions.price_wait import prices_within
from apps.resources.ports import machine
from apps.shared.counts import counted
from apps.shared.money import cost_said, dollars
from apps.shared.prices import Prices

HOURS: Final = 24
DAYS: Final = 14
WIDTH, HEIGHT, GAP = 240, 60, 0.2
MEMORY: Final = Memory()
USAGE_MEMORY: Final = UsageMemory()
PATIENCE_SECONDS: Final = 0.1
"""For prices: the page asks again after some seconds anyway."""
Costs = Callable[[Iterable[datetime]], tuple[Decimal | None, int]]
"""What these hours come to, and how many of their tokens have no price."""


@dataclass(frozen=True)
class Bucket:
    """A bar: what it is called, in the zone of this machine, and what ended in it."""

    label: str
    hour: Hour
    cost: Decimal | None = None
    """In US dollars of today's prices; None where nothing of it has a price, or prices are still being looked up."""
    unpriced: int = 0

    @cached_property
    def ranked(self) -> list[float]:
        return sorted(self.hour.seconds)

    @property
    def usual(self) -> float | None:
        """The duration that half of the runs stay below, in seconds."""
        return percentile(self.ranked, 0.5)

    @property
    def slow(self) -> float | None:
        """The one that all but the slowest twentieth stay below."""
        return percentile(self.ranked, 0.95)

    @property
    def cost_said(self) -> str:
        return "" if self.cost is None else cost_said(str(self.cost), self.unpriced)

    @property
    def usual_said(self) -> str:
        return _took(self.usual)

    @property
    def slow_said(self) -> str:
        return _took(self.slow)


@dataclass(frozen=True)
class Chart:
    """`picture` is an SVG, `most` what its top stands for."""

    title: str
    total: str
    most: str
    picture: SafeString


@dataclass(frozen=True)
class Period:
    """One row of charts."""

    key: str
    title: str
    zone: str
    charts: Sequence[Chart]
    buckets: Sequence[Bucket]

    @property
    def first(self) -> str:
        return _edge(self.buckets[0])

    @property
    def last(self) -> str:
        return _edge(self.buckets[-1])


def _edge(bucket: Bucket) -> str:
    """What stands below one end of a chart, where there is room for `18 Nov` and not for the weekday."""
    return " ".join(bucket.label.split()[-2:])


def periods(caller: Caller, memory: Memory = MEMORY, usage: UsageMemory = USAGE_MEMORY) -> tuple[list[Period], bool]:
    """The last 24 hours and the last 14 days; and whether all of that has been counted already."""
    now = datetime.now().astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(midnight - timedelta(days=back)).date() for back in range(DAYS - 1, -1, -1)]
    first = (midnight - timedelta(days=DAYS - 1)).astimezone(UTC).replace(minute=0)
    found = activity(first, now.astimezone(UTC), caller, memory)
    costs, has_all_costs = _costs(usage_by_hour(first, now.astimezone(UTC), caller, usage))
    by_day: dict[date, list[datetime]] = {day: [] for day in days}
    at = first
    while at <= now:
        if (day := at.astimezone(now.tzinfo).date()) in by_day:
            by_day[day].append(at)
        at += HOUR
    whole_days = [_bucket(f"{day:%a %d %b}", hours, found, costs) for day, hours in by_day.items()]
    zone = now.tzname() or "UTC"
    return [
        _period("day", "The last 24 hours", zone, _last_hours(found, costs, now)),
        _period("weeks", "The last 14 days", zone, whole_days),
    ], found.is_whole and has_all_costs


def _costs(usage: HourlyUsage) -> tuple[Costs, bool]:
    """And whether that is all: prices may take a second once."""
    tariffs = usage.tariffs
    are_known = prices_within(tariffs, PATIENCE_SECONDS)
    prices = machine().prices.look_up(tariffs) if are_known else Prices({})

    def costs(hours: Iterable[datetime]) -> tuple[Decimal | None, int]:
        return cost_of((asked for at in hours for asked in usage.hours.get(at, ())), prices)

    return costs, usage.is_whole and are_known


def _bucket(label: str, hours: Sequence[datetime], found: Activity, costs: Costs) -> Bucket:
    return Bucket(label, together(found.hours[at] for at in hours if at in found.hours), *costs(hours))


def _last_hours(found: Activity, costs: Costs, now: datetime) -> list[Bucket]:
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [last - HOUR * back for back in range(HOURS - 1, -1, -1)]
    return [_bucket(f"{at.astimezone(now.tzinfo):%H:%M}", [at], found, costs) for at in starts]


def _period(key: str, title: str, zone: str, buckets: list[Bucket]) -> Period:
    whole = together(bucket.hour for bucket in buckets)
    all_of_it = Bucket(title, whole)
    most_runs = max(bucket.hour.runs for bucket in buckets)
    most_tokens = max(bucket.hour.tokens for bucket in buckets)
    slowest = max((bucket.slow or 0.0 for bucket in buckets), default=0.0)
    runs = f"{counted(whole.runs, 'run')}, {whole.failed:,} failed"
    took = f"half below {all_of_it.usual_said}, 95 of 100 below {all_of_it.slow_said}" if whole.seconds else "none"
    tokens = f"{whole.tokens:,} tokens"
    paid = [bucket.cost for bucket in buckets if bucket.cost is not None]
    most_paid = max(paid, default=Decimal(0))
    whole_cost = cost_said(str(sum(paid)) if paid else "", sum(bucket.unpriced for bucket in buckets))
    charts = [
        Chart("Runs", runs, f"{most_runs:,}", _picture(f"{key}-runs", "Runs", runs, buckets, _runs(most_runs))),
        Chart(
            "Duration",
            took,
            _took(slowest) if slowest else "",
            _picture(f"{key}-took", "Duration of completed runs", took, buckets, _durations(slowest)),
        ),
        Chart(
            "Tokens",
            tokens,
            f"{most_tokens:,}",
            _picture(f"{key}-tokens", "Tokens", tokens, buckets, _tokens(most_tokens)),
        ),
        Chart(
            "Cost",
            whole_cost,
            dollars(str(most_paid)) if paid else "",
            _picture(f"{key}-cost", "Cost in US dollars", whole_cost, buckets, _cost(most_paid)),
        ),
    ]
    return Period(key, title, zone, charts, buckets)


Part = tuple[str, float, float]
"""Of a bar: its class, where it begins and where it ends, 0 to 1 from the ground."""
Draw = Callable[[Bucket], tuple[str, list[Part]]]
"""What is said of a bar, and its parts."""


def _runs(most: int) -> Draw:
    def draw(bucket: Bucket) -> tuple[str, list[Part]]:
        failed, runs = bucket.hour.failed / (most or 1), bucket.hour.runs / (most or 1)
        return f"{counted(bucket.hour.runs, 'run')}, {bucket.hour.failed:,} failed", [
            ("bad", 0, failed),
            ("good", failed, runs),
        ]

    return draw


def _durations(slowest: float) -> Draw:
    def draw(bucket: Bucket) -> tuple[str, list[Part]]:
        usual, slow = (bucket.usual or 0) / (slowest or 1), (bucket.slow or 0) / (slowest or 1)
        return f"half below {bucket.usual_said or '-'}, 95 of 100 below {bucket.slow_said or '-'}", [
            ("usual", 0, usual),
            ("slow", usual, slow),
        ]

    return draw


def _tokens(most: int) -> Draw:
    return lambda bucket: (f"{bucket.hour.tokens:,} tokens", [("usual", 0, bucket.hour.tokens / (most or 1))])


def _cost(most: Decimal) -> Draw:
    return lambda bucket: (bucket.cost_said or "-", [("usual", 0, float((bucket.cost or 0) / (most or 1)))])


def _picture(key: str, title: str, said: str, buckets: Sequence[Bucket], draw: Draw) -> SafeString:
    step = WIDTH / len(buckets)
    bars = []
    for number, bucket in enumerate(buckets):
        text, parts = draw(bucket)
        shapes = format_html_join(
            "",
            '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
            (
                (
                    name,
                    *_rounded(
                        number * step + step * GAP / 2, HEIGHT * (1 - top), step * (1 - GAP), HEIGHT * (top - bottom)
                    ),
                )
                for name, bottom, top in parts
                if top > bottom
            ),
        )
        # One that is as high as the picture, so that each says what it is wherever it is pointed at.
        area = format_html(
            '<rect class="area" x="{}" y="0" width="{}" height="{}"/>', *_rounded(number * step, step, HEIGHT)
        )
        bars.append(format_html("<g><title>{}: {}</title>{}{}</g>", bucket.label, text, shapes, area))
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>',
        *(WIDTH, HEIGHT, key, key, key, title, key, said, SafeString("".join(bars))),
    )


def _rounded(*numbers: float) -> list[str]:
    return [f"{number:.2f}" for number in numbers]


def _took(seconds: float | None) -> str:
    return "" if seconds is None else duration(timedelta(seconds=seconds))
