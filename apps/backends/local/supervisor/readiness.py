"""The questions about a unit, kept apart: does its process live, does it serve, and does its work go on?

A process that is busy migrating lives and does not serve; one that has lost its socket lives and will
never serve again. Only the second answer makes a unit READY, only the first decides about signals. The
third is for those that hang: the kernel accepts connections for them, so only a ping that is answered from
where the work is done (a thread of the API's pool, the worker's event loop) tells. It is asked of units
that have answered once, and patiently: a full pool is busy, not dead.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from apps.processes.addresses import can_connect, parse_address
from apps.processes.sockets import listens

if TYPE_CHECKING:
    import subprocess

PROBE_SECONDS: Final = 10.0  # between two looks at a unit that serves: costs nothing, finds a lost socket
CONFIRM_SECONDS: Final = 0.02  # between two looks at one that has just said that it serves
MISSES_ALLOWED: Final = 2  # one look may fall into a moment of overload
PINGS_ALLOWED: Final = 6  # in a row without an answer, at the same pace: a minute


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended. It is left a zombie, so that its number (its group's) stays taken."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    if process.returncode is not None:
        return True
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return ended is not None


def serves(address: str, pid: int) -> bool:
    """Whether this process accepts connections there; a unit without an address is taken at its word.

    Somebody else may have taken the port first: that somebody answers proves nothing.
    """
    where = parse_address(address) if address else None
    return where is None or (can_connect(where) and listens(pid, where))
