"""What models were asked and what that cost, in plain data. Costs are decimal numbers of US dollars, as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.backends.run_lists import RunEntry


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """What to sum up; UsageRequest of the extension API says what each field means. Times are in seconds."""

    by: str = "agent"
    since: float = 0.0
    until: float = 0.0
    org: str = ""
    agent: str = ""
    project: str = ""
    model: str = ""
    utc_offset_seconds: int = 0


@dataclass(frozen=True, slots=True)
class UsageEntry:
    """A sum over runs. `cost` is "" where nothing of it has a price, `unpriced_tokens` are those that have none."""

    key: str
    runs: int
    input_tokens: int
    output_tokens: int
    cost: str
    unpriced_tokens: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Sums, and what is to be known of their prices."""

    entries: tuple[UsageEntry, ...]
    total: UsageEntry
    unpriced_models: tuple[str, ...]
    price_source: str
    price_file: str
    price_problem: str


@dataclass(frozen=True, slots=True)
class RunDetails:
    """What there is to know of a run beyond its execution. `usage` is by model, with the agents that it called."""

    run: RunEntry
    attempt: int
    project: str
    rerun_of: str
    usage: tuple[UsageEntry, ...]
    price_problem: str
    retry_of: str = ""
    retry_from: str = ""
    retried_by: str = ""
    try_number: int = 1
    can_be_retried: bool = False
