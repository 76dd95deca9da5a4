"""Ending a daemon and everything it runs."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

from apps.backends.local import leftovers, lock
from apps.backends.local.errors import StopTimeout
from apps.backends.local.paths import DataPaths
from apps.backends.local.running import OnProgress, Progress
from apps.backends.local.state import read_state
from apps.processes import process

if TYPE_CHECKING:
    from apps.backends.local_settings import LocalSettings

_AFTER_KILL_SECONDS: Final = 5.0


def stop_daemon(settings: LocalSettings, on_progress: OnProgress | None, timeout_seconds: float) -> bool:
    """TERM, which lets the units finish; past the time limit KILL, then its units. False: nothing was running."""
    paths = DataPaths(settings.data_dir)
    state = read_state(paths.state)
    found = (state.pid, state.birth) if state and state.is_alive else lock.holder(paths.lock)
    if found:
        if on_progress:
            on_progress(Progress("daemon", "STOPPING"))
        process.send(*found, signal.SIGTERM)
        if not process.wait_gone(*found, timeout_seconds):
            process.send(*found, signal.SIGKILL)
            if not process.wait_gone(*found, _AFTER_KILL_SECONDS):
                raise StopTimeout(found[0])
    if state:  # as it was while the daemon lived: those it did not get to end
        leftovers.reap(state, lambda _line: None)
        if found and read_state(paths.state) == state:  # it had no time to remove it itself
            os.unlink(paths.state)
    return found is not None
