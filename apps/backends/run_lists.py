"""Which runs to list, and what lists say of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.backends.runs import Phase


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs; ListRunsRequest of the extension API says what each field means. Times are seconds from the epoch."""

    org: str = ""
    agent: str = ""
    workflow: str = ""
    project: str = ""
    phase: Phase | None = None
    since: float = 0.0
    until: float = 0.0
    text: str = ""
    error: str = ""
    input: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    with_cost: bool = False


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run, as lists show it. Times count seconds from the epoch, 0 for what has not come yet."""

    id: str
    kind: str
    name: str
    phase: Phase
    waiting: str
    created_at: float
    started_at: float
    completed_at: float
    input: str
    error: str
    tokens: int
    labels: dict[str, str]
    cost: str = ""
    """US dollars, as a decimal number; "" where no price is known."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a list. `next_token` is empty on the last one."""

    runs: tuple[RunEntry, ...]
    next_token: str = ""
