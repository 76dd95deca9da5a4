"""When what is told: a memory that is kept between looks, and survives whoever looks.

A cause that is new is told a moment after its first failure; what fails of it again is gathered for five minutes, and
messages are a minute apart whatever they are about. What is told waits in `parcels` until each channel has taken it, or
was tried often enough. Whoever takes a parcel to deliver it moves it out of the others' reach: should it die with it,
the parcel is delivered again later, under the same id.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from apps.notices.message import FAILED, LONGEST, RECOVERED, Group, body_of
from apps.shared.failure_groups import cause

GATHER_SECONDS = 2.0
"""For what fails at the same moment."""
QUIET_SECONDS = 300.0
"""Between two messages about one cause."""
APART_SECONDS = 60.0
"""Between two messages."""
CLAIM_SECONDS = 300.0
"""Longer than all channels together may take."""
DELAYS = (10.0, 60.0, 300.0, 1800.0)
"""After a delivery that failed, in seconds; after the last of them, it is given up."""
MOST_GROUPS = 20
MOST_PARCELS = 20
MOST_FAILING = 500
MOST_TOLD = 500


class Ending(NamedTuple):
    """A run that has ended. `target` is the id of what it is of, `kind` `agent` or `workflow`, `at` in seconds."""

    run: str
    kind: str
    target: str
    name: str
    project: str
    failed: bool
    error: str
    at: float


@dataclass
class Parcel:
    """A message under way: `left` are the channels that have not taken it."""

    id: str
    body: dict[str, Any]
    left: list[str]
    due: float
    attempts: int = 0


@dataclass
class Memory:
    """Times are in seconds since the epoch."""

    groups: list[Group] = field(default_factory=list)
    more: int = 0
    """Runs that failed of causes that are too many to be told apart."""
    told: dict[str, float] = field(default_factory=dict)
    """When each cause was told last."""
    failing: dict[str, str] = field(default_factory=dict)
    """Ids of what has failed and not worked since, with their names."""
    parcels: list[Parcel] = field(default_factory=list)
    next_at: float = 0.0

    @classmethod
    def from_json(cls, content: dict[str, Any], now: float) -> Memory:
        """Of what `as_json` made. A clock that was set back silences nothing for longer than it would have been."""
        memory = cls(**content)
        memory.groups = [Group(**each) for each in content.get("groups", ())]
        memory.parcels = [Parcel(**each) for each in content.get("parcels", ())]
        memory.told = {each: min(at, now) for each, at in memory.told.items() if at > now - QUIET_SECONDS}
        memory.next_at = min(memory.next_at, now + APART_SECONDS)
        for group in memory.groups:
            group.due = min(group.due, now + QUIET_SECONDS)
        for parcel in memory.parcels:
            parcel.due = min(parcel.due, now + DELAYS[-1])
        return memory

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def note(self, ending: Ending, now: float, *, with_recovery: bool = True) -> None:
        """Gather one run that has ended."""
        if ending.failed:
            self._note_failure(ending, now)
        elif (name := self.failing.pop(ending.target, None)) is not None and with_recovery:
            group = Group(RECOVERED, "", ending.kind, "", ending.at, ending.at, now + GATHER_SECONDS)
            group.add(ending.name or name, ending.project, ending.run, ending.at)
            if len(self.groups) < MOST_GROUPS:
                self.groups.append(group)

    def _note_failure(self, ending: Ending, now: float) -> None:
        line = ending.error.strip().partition("\n")[0][:LONGEST] or "nothing was said about why"
        key = f"{ending.kind} {cause(line)}"
        if len(self.failing) < MOST_FAILING:
            self.failing[ending.target] = ending.name
        group = next((each for each in self.groups if each.cause == key), None)
        if group is None:
            if len(self.groups) >= MOST_GROUPS:
                self.more += 1
                return
            due = max(now + GATHER_SECONDS, self.told.get(key, 0.0) + QUIET_SECONDS)
            group = Group(FAILED, key, ending.kind, line, ending.at, ending.at, due)
            self.groups.append(group)
        group.add(ending.name, ending.project, ending.run, ending.at)

    def pack(self, message_id: str, channels: list[str], now: float) -> None:
        """Make a message of what is due, if anything is."""
        due = [each for each in self.groups if each.due <= now]
        if not due or now < self.next_at:
            return
        more, self.more = self.more, 0
        body = body_of(message_id, due, more=more, now=now)
        self.groups = [each for each in self.groups if each.due > now]
        for group in due:
            if group.cause and len(self.told) < MOST_TOLD:
                self.told[group.cause] = now
        self.next_at = now + APART_SECONDS
        self.parcels = [*self.parcels[-MOST_PARCELS + 1 :], Parcel(message_id, body, [*channels], now)]

    def take(self, now: float) -> list[Parcel]:
        """Those to deliver now, out of everybody else's reach for as long as that may take."""
        found = [each for each in self.parcels if each.due <= now]
        for parcel in found:
            parcel.due, parcel.attempts = now + CLAIM_SECONDS, parcel.attempts + 1
        return found

    def settle(self, parcel_id: str, left: list[str], now: float) -> bool:
        """Note which channels have not taken it. Whether it was given up."""
        parcel = next((each for each in self.parcels if each.id == parcel_id), None)
        if parcel is None:
            return False
        parcel.left = left
        is_over = parcel.attempts > len(DELAYS)
        if is_over or not left:
            self.parcels.remove(parcel)
        else:
            parcel.due = now + DELAYS[parcel.attempts - 1]
        return is_over and bool(left)

    def has_work(self, now: float) -> bool:
        """Whether `pack` or `take` would find something."""
        return any(each.due <= now for each in self.parcels) or (
            now >= self.next_at and any(each.due <= now for each in self.groups)
        )
