"""How often a unit that fails is started again, and when that ends. Clocks are monotonic seconds, passed in."""

from __future__ import annotations

from typing import Final

GIVE_UP_AFTER: Final = 5  # failures ...
WINDOW_SECONDS: Final = 120.0  # ... within this time
HEALTHY_SECONDS: Final = 30.0  # serving for this long makes up for all former failures


def next_delay(failures: int) -> float:
    """Seconds to wait before starting a unit again after `failures` failures in a row (1 or more).

    Doubles from 1 s and stops at 30 s: slow enough not to spin on a missing binary, quick enough
    that someone who has just fixed it is not left waiting.
    """
    return min(30.0, 2.0 ** (failures - 1))


class Failures:
    """The recent failures of one unit."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def __len__(self) -> int:
        return len(self._times)

    def add(self, now: float) -> float | None:
        """Count one more. The delay until the next start, or None when it is time to give up."""
        self._times = [time for time in self._times if now - time < WINDOW_SECONDS]
        self._times.append(now)
        return None if len(self._times) >= GIVE_UP_AFTER else next_delay(len(self._times))

    def forget(self) -> None:
        self._times.clear()
