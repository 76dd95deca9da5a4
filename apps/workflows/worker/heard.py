"""What a run has heard from outside: whether it is to pause, and that signals came."""

from __future__ import annotations


class Pause:
    """Whether a run may begin something new: not while its turn is odd.

    Its plan, signals and local activities tell of turns, in any order; the highest counts. Temporal delivers no signal
    between two local activities, so those have to.
    """

    def __init__(self) -> None:
        self.turn = 0

    def hear(self, turn: int) -> None:
        self.turn = max(self.turn, turn)

    @property
    def is_paused(self) -> bool:
        return self.turn % 2 == 1


class Signals:
    """Up to which signal the run was told of: what they carry stands in our database."""

    def __init__(self) -> None:
        self.heard = 0

    def hear(self, number: int) -> None:
        self.heard = max(self.heard, number)
