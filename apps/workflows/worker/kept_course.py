"""The part of a run's course that an earlier run went already, as a retry goes through it again.

It begins at the beginning, so that every variable is what it was, and does nothing on its way: effects are found in the
ledger that it took over, records in its events, waits are over. It ends where the task begins that is to be done anew,
and should it not come there, with the first effect that is not in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class KeptCourse:
    """Plain data: it goes along into a new history. Only what the workflow itself does may change it."""

    until: str
    """Path of the first task that is done anew."""
    times: dict[str, list[float]] = field(default_factory=dict)
    """When tasks began and ended then, by path, as far as that is known: what `now` was."""
    clock: float = 0.0
    path: str = ""
    """Of the task that was entered last."""
    is_over: bool = False

    def enter(self, path: str) -> None:
        """A task is about to begin."""
        if path == self.until:
            self.end()
        self.path = path
        self._set_clock(path, 0)

    def pass_by(self, path: str) -> None:
        """What the task did then has been found, or waited for."""
        self._set_clock(path, 1)

    def end(self) -> None:
        """The run does something: whatever comes now is new, and there is nothing to skip any more."""
        self.is_over, self.times = True, {}

    def _set_clock(self, path: str, which: int) -> None:
        known = self.times.get(path)
        self.clock = max(self.clock, known[which] if known else 0.0)
