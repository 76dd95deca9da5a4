"""Processes that outlived their daemon (it was killed with -9): they are ended before new ones start."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from apps.processes import process

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.local.state import ComponentState, DaemonState

GRACE_SECONDS: Final = 10.0


def reap(state: DaemonState, journal: Callable[[str], None], grace_seconds: float = GRACE_SECONDS) -> None:
    """End the units that a dead daemon's state names: TERM to their groups, then KILL.

    Each is looked up by number and birth, so a process that was given the number since is left alone.
    """
    living = [unit for unit in state.components if _signal(unit, signal.SIGTERM)]
    for unit in living:
        journal(f"{unit.name}: process {unit.pid} outlived the former daemon, told to end")
    for unit in living:
        if not process.wait_gone(unit.pid, unit.birth, grace_seconds):
            journal(f"{unit.name}: process {unit.pid} does not end, killed")
            _signal(unit, signal.SIGKILL)
            process.wait_gone(unit.pid, unit.birth, grace_seconds)


def _signal(unit: ComponentState, number: int) -> bool:
    return process.send(unit.pid, unit.birth, number, group=True)
