"""`run/state.json`: what the daemon says of itself. Only the daemon writes it, everybody else reads.

Replaced as a whole, so a reader sees one state or the next, never half of one.
"""

from __future__ import annotations

import json
import os
from typing import Any, Final, NamedTuple

from apps.processes import process
from apps.processes.files import replace_file

FORMAT: Final = 1
EXTERNAL: Final = "EXTERNAL"  # the state of a component that somebody else runs: the supervisor never looks at it


class ComponentState(NamedTuple):
    """One component as last seen. `since` is in seconds since the epoch, `lines` the end of its log after a failure.

    `note` is what people should know of a start that went well: another port, mostly.
    """

    name: str
    state: str
    pid: int = 0
    pid_started: float = 0.0
    birth: str = ""
    address: str = ""
    stage: str = ""
    reason: str = ""
    hint: str = ""
    starts: int = 0
    since: float = 0.0
    lines: tuple[str, ...] = ()
    note: str = ""


class DaemonState(NamedTuple):
    """The daemon as a whole. `phase` is starting, ready, stopping or failed (then it has ended)."""

    pid: int
    birth: str
    started: float
    started_monotonic: float
    version: str
    data_dir: str
    endpoint: str
    web: str
    phase: str
    components: tuple[ComponentState, ...] = ()

    def component(self, name: str) -> ComponentState | None:
        return next((component for component in self.components if component.name == name), None)

    @property
    def is_alive(self) -> bool:
        """Whether the daemon that wrote this still runs; a process that inherited its number does not count."""
        return process.is_same(self.pid, self.birth)

    def is_ready(self, names: tuple[str, ...]) -> bool:
        ready = {component.name for component in self.components if component.state == "READY"}
        return ready.issuperset(names)


def read_state(path: str) -> DaemonState | None:
    """The state at `path`; None when there is none, or what lies there is not one of ours.

    Nor is one of another data directory, of which this is a copy: its processes are not ours to look at, or to end.
    """
    try:
        with open(path, "rb") as file:
            state = from_json(file.read())
        is_ours = state is not None and os.path.samefile(state.data_dir, os.path.dirname(os.path.dirname(path)))
    except (OSError, TypeError, ValueError):
        return None
    return state if is_ours else None


def write_state(path: str, state: DaemonState) -> None:
    """Replace the file. Raises OSError (a full disk, mostly); the former state is kept then."""
    replace_file(path, to_json(state))


def to_json(state: DaemonState) -> bytes:
    fields: dict[str, Any] = {"format": FORMAT, **state._asdict()}  # Any: JSON
    fields["components"] = [component._asdict() for component in state.components]
    return json.dumps(fields, indent=1).encode()


def from_json(text: bytes) -> DaemonState | None:
    try:
        fields = json.loads(text)
        if fields.pop("format") != FORMAT:
            return None
        components = tuple(_component(component) for component in fields.pop("components"))
        return DaemonState(components=components, **_known(DaemonState, fields))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _component(fields: dict[str, Any]) -> ComponentState:  # Any: JSON
    lines = tuple(fields.pop("lines", ()))
    return ComponentState(lines=lines, **_known(ComponentState, fields))


def _known(shape: type[NamedTuple], fields: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """A later version may say more: that is passed over."""
    return {name: value for name, value in fields.items() if name in shape._fields}
