"""The states of a unit, and which may follow which."""

from __future__ import annotations

from enum import Enum
from typing import Final


class State(Enum):
    STOPPED = "STOPPED"  # not running, and nobody wants it to
    STARTING = "STARTING"  # the process runs, it does not serve yet
    READY = "READY"  # it serves
    BACKOFF = "BACKOFF"  # it failed and will be started again
    STOPPING = "STOPPING"  # told to end, not gone yet
    FAILED = "FAILED"  # it has given up, or restarting cannot help


MOVES: Final[dict[State, frozenset[State]]] = {
    State.STOPPED: frozenset({State.STARTING, State.BACKOFF, State.FAILED}),
    State.STARTING: frozenset({State.READY, State.BACKOFF, State.STOPPING, State.FAILED}),
    State.READY: frozenset({State.BACKOFF, State.STOPPING, State.FAILED}),
    State.BACKOFF: frozenset({State.STARTING, State.STOPPED, State.FAILED}),
    State.STOPPING: frozenset({State.STOPPED, State.BACKOFF, State.FAILED}),
    State.FAILED: frozenset({State.STOPPED, State.STARTING}),
}


class IllegalMove(Exception):
    """A mistake in the supervisor itself."""

    def __init__(self, unit: str, old: State, new: State) -> None:
        super().__init__(f"{unit} cannot go from {old.value} to {new.value}")


def check_move(unit: str, old: State, new: State) -> None:
    if new not in MOVES[old]:
        raise IllegalMove(unit, old, new)
