"""Where Temporal is, as the daemon says it now: on another port than the usual one, or not there at all.

That somebody answers at its address proves nothing: it may be another installation's, whose workflows are not ours.
The daemon calls its own READY once the very process that it started holds the port.
"""

from __future__ import annotations

from pathlib import Path

from apps.backends.local.state import EXTERNAL, ComponentState, read_state
from apps.resources.run_errors import EngineUnavailable

_HINT = "See `stigmer server status`; `stigmer server logs -c temporal` says why it does not run"


class TemporalPlace:
    """`state_file` is the daemon's; `address` is where Temporal is when units are started by hand, without a daemon."""

    def __init__(self, state_file: Path, address: str) -> None:
        self._file, self._address = state_file, address
        self._seen: tuple[int, int] = (0, 0)
        self._component: ComponentState | None = None

    def find(self) -> str:
        """HOST:PORT. Raises EngineUnavailable where there is none of ours."""
        component = self._look()
        if component is None:
            if not self._address:
                raise EngineUnavailable("this server has no Temporal", hint="Whoever runs it can set TEMPORAL_ADDRESS")
            return self._address
        if component.state not in {"READY", EXTERNAL}:
            why = component.reason or f"it is {component.state.lower()}"
            raise EngineUnavailable(f"Temporal does not answer on {component.address}: {why}", hint=_HINT)
        return component.address

    def _look(self) -> ComponentState | None:
        """The daemon replaces its file at every change: one that is the same need not be read again."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        if self._seen != (found.st_ino, found.st_mtime_ns):
            state = read_state(str(self._file))
            self._component = state.component("temporal") if state and state.is_alive else None
            self._seen = found.st_ino, found.st_mtime_ns
        return self._component
