"""Which leases nobody keeps any more, judged by our own clock.

Whoever works on a run renews its lease, so that its row changes every few seconds. A row that has not changed for the
time of a lease, as long as we have looked, is of a worker that died or hangs. Times of day are not compared: clocks
are set, differ between machines, and go on while a machine sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.queries import Lease, held_leases

LEASE_SECONDS = 15.0
"""Time until somebody else may take over the run of a process that died without a word."""


class LeaseWatch:
    """`look` as often as you like; the watch knows nothing of what happened before its first look."""

    def __init__(self, kind: ExecutionKind, clock: Callable[[], float] = time.monotonic) -> None:
        self.kind, self._clock = kind, clock
        self._seen: dict[Lease, float] = {}

    def look(self) -> tuple[list[Lease], list[Lease]]:
        """All leases, and those of them that nobody has kept for LEASE_SECONDS."""
        now = self._clock()
        held = held_leases(self.kind)
        self._seen = {lease: self._seen.get(lease, now) for lease in held}
        return held, [lease for lease, since in self._seen.items() if now - since >= LEASE_SECONDS]
