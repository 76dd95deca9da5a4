"""Stopping a run between two tasks and going on later, elsewhere: its state as plain data.

Whoever drives a run raises `Suspend` in a checkpoint. On its way up, everything that is under way puts a frame on the
pile that says where it stands, the innermost first; who goes on takes them off again, the outermost first. A task that
runs branches waits until all of them have stopped, and its frame holds the state of each: so it is a tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict

from apps.workflows.errors import ErrorType
from apps.workflows.values import Json

Path: TypeAlias = tuple[str | int, ...]


class BranchState(TypedDict, total=False):
    """A branch below another, as of the suspension; empty before it has begun."""

    data: dict[str, Json]
    """Of its data flow."""
    frames: list[dict[str, Json]]
    produced: Json
    """What it came to, instead of the others, when it had ended."""
    failed: dict[str, Json]
    """The problem it failed with, instead, where others may still end well."""


@dataclass
class State:
    """A suspended run: its first branch. Plain data, so that it may cross into another Temporal workflow."""

    data: dict[str, Json] = field(default_factory=dict)
    frames: list[dict[str, Json]] = field(default_factory=list)
    jumps: int = 0
    error_types: list[list[str | int]] = field(default_factory=list)
    """Paths of what compares as the type of an error does, which plain data does not show."""


class Suspend(Exception):
    """Raised by `Driver.checkpoint`: the run is to be left as it stands. No `try` of a workflow catches it.

    `data` is the branch's at the moment: on the way up, loops take their variables back.
    """

    def __init__(self) -> None:
        self.data: dict[str, Json] = {}
        self.frames: list[dict[str, Json]] = []
        super().__init__("suspended")


class Suspended(Exception):
    """What `run_workflow` raises then: `state` is what it takes to go on."""

    def __init__(self, suspend: Suspend, jumps: int) -> None:
        self.state = State(suspend.data, suspend.frames, jumps)
        self.state.error_types = [list(path) for path in _error_types(vars(self.state))]
        super().__init__("suspended")


def revived(plain: dict[str, Json]) -> State:
    """A state that came back as plain data, with the types of errors comparing again as they did."""
    for path in plain["error_types"]:
        holder: Json = plain
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = ErrorType(holder[path[-1]])
    return State(**_of_one_branch(plain) if "bag" in plain else plain)


def _of_one_branch(plain: dict[str, Json]) -> dict[str, Json]:
    """The state of a run that was suspended before runs had branches: its data stood beside the rest."""
    data = {name: plain[name] for name in ("bag", "output", "current", "caught", "spread")}
    return {"data": data, **{name: value for name, value in plain.items() if name not in data}}


def _error_types(value: Json, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, ErrorType):
        yield path
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _error_types(item, (*path, step))
