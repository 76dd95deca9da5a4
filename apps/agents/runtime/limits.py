"""How much one run may do, and noticing that it goes in circles."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from apps.agents.runtime.errors import RunFailed

WARN_AT, STOP_AT = 3, 5
"""The same call this many times: the model is told, the run is stopped."""

UNBOUNDED = 10**12
"""Tokens that no conversation has."""


@dataclass(frozen=True)
class Limits:
    """0 means no limit. `tokens` counts what all turns read and wrote together."""

    turns: int = 0
    tokens: int = 0
    tool_calls: int = 0
    seconds: float = 0.0
    context_tokens: int = 0
    """What the model can read at once, roughly; older parts of the session are left out to fit."""

    @property
    def readable_tokens(self) -> int:
        """`context_tokens`, as a number that can be reckoned with."""
        return self.context_tokens or UNBOUNDED


@dataclass
class Budget:
    """What one run has used of its limits. Every `use_*` raises RunFailed when one is hit."""

    limits: Limits
    turns: int = 0
    tokens: int = 0
    tool_calls: int = 0
    started: float = field(default_factory=time.monotonic)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def seconds_left(self) -> float | None:
        if not self.limits.seconds:
            return None
        return max(0.0, self.started + self.limits.seconds - time.monotonic())

    def at_most(self, seconds: float) -> float:
        """`seconds`, or what is left of the run's time when that is less."""
        left = self.seconds_left
        return seconds if left is None else min(seconds, left)

    def check_time(self) -> None:
        if self.seconds_left == 0:
            raise self.out_of_time()

    def use_turn(self) -> None:
        if self.limits.turns and self.turns >= self.limits.turns:
            raise RunFailed(f"the model took {self.turns} turns without a final answer: the limit for a run")
        self.turns += 1

    def use_tokens(self, tokens: int) -> None:
        self.tokens += tokens
        if self.limits.tokens and self.tokens > self.limits.tokens:
            raise RunFailed(f"the model used {self.tokens} tokens; the limit for a run is {self.limits.tokens}")

    def use_tool_call(self, name: str, arguments: str) -> int:
        """As `count`, within the limits."""
        if self.limits.tool_calls and self.tool_calls >= self.limits.tool_calls:
            raise RunFailed(f"the model made {self.tool_calls} tool calls: the limit for a run")
        times = self.count(name, arguments)
        if times >= STOP_AT:
            raise RunFailed(f"the model called {name} {times} times with the same arguments: it goes in circles")
        return times

    def count(self, name: str, arguments: str) -> int:
        """Note a call. Answers how often exactly this one has been made by now."""
        self.tool_calls += 1
        self._seen[name, arguments] += 1
        return self._seen[name, arguments]

    def out_of_time(self) -> RunFailed:
        return RunFailed(f"the run took longer than {self.limits.seconds:g} s, which is the limit")
