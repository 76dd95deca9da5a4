"""Stopping a run between two tasks and going on later, elsewhere: its state as plain data.

Whoever drives a run raises `Suspend` in a checkpoint. On its way up, everything that is under way puts a frame on the
pile that says where it stands, the innermost first; who goes on takes them off again, the outermost first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from apps.workflows.errors import ErrorType
from apps.workflows.values import Json

Path: TypeAlias = tuple[str | int, ...]


@dataclass
class State:
    """A suspended run. Plain data, so that it may cross into another Temporal workflow."""

    bag: dict[str, Json] = field(default_factory=dict)
    output: Json = None
    current: Json = None
    caught: dict[str, str] = field(default_factory=dict)
    spread: dict[str, str] = field(default_factory=dict)
    jumps: int = 0
    frames: list[dict[str, Json]] = field(default_factory=list)
    error_types: list[list[str | int]] = field(default_factory=list)
    """Paths of what compares as the type of an error does, which plain data does not show."""


class Suspend(Exception):
    """Raised by `Driver.checkpoint`: the run is to be left as it stands. No `try` of a workflow catches it.

    `state` is that of the moment: on the way up, loops take their variables back.
    """

    def __init__(self) -> None:
        self.state = State()
        self.frames: list[dict[str, Json]] = []
        super().__init__("suspended")


class Suspended(Exception):
    """What `run_workflow` raises then: `state` is what it takes to go on."""

    def __init__(self, suspend: Suspend) -> None:
        self.state = replace(suspend.state, frames=suspend.frames)
        self.state.error_types = [list(path) for path in _error_types(vars(self.state))]
        super().__init__("suspended")


def revived(state: State) -> State:
    """A state that came back as plain data, with the types of errors comparing again as they did."""
    for path in state.error_types:
        holder: Json = vars(state)
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = ErrorType(holder[path[-1]])
    return state


def _error_types(value: Json, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, ErrorType):
        yield path
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _error_types(item, (*path, step))
