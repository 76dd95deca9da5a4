"""The two questions about a unit, kept apart: does its process live, and does it serve?

A process that is busy migrating lives and does not serve; one that has lost its socket lives and will
never serve again. Only the second answer makes a unit READY, only the first decides about signals.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from apps.backends.local.ports import can_connect, parse_address

if TYPE_CHECKING:
    import subprocess

PROBE_SECONDS: Final = 10.0  # between two looks at a unit that serves: costs nothing, finds a lost socket
CONFIRM_SECONDS: Final = 0.02  # between two looks at one that has just said that it serves
MISSES_ALLOWED: Final = 2  # one look may fall into a moment of overload


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


def serves(address: str) -> bool:
    """Whether connections are accepted there; a unit without an address is taken at its word."""
    return not address or can_connect(parse_address(address))
