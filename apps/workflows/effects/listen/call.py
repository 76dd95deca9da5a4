"""What a task listens to, and what came."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

from dataclasses import dataclass, field

from apps.workflows.effects.base import Arrival, Call
from apps.workflows.values import Json


@dataclass(frozen=True, kw_only=True)
class ListenReply(Arrival):
    """What the signals carried, as the output of the task."""

    output: Json = None


@dataclass(frozen=True, kw_only=True)
class ListenCall(Call[ListenReply]):
    signals: list[str] = field(default_factory=list)
    """Names of those that carry data in. One of them is enough, unless it waits for all."""
    waits_for_all: bool = False
    queries: list[str] = field(default_factory=list)
    """Names of those that are answered with `data`, and end nothing."""
    data: Json = None

    def output_of(self, came: dict[str, Json]) -> Json:
        """What a signal carries, where there is only one to wait for; else that of each that came, by its name."""
        if len(self.signals) == 1 and not self.waits_for_all:
            return came[self.signals[0]]
        return came
