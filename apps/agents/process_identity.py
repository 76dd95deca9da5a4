"""Who holds a lease: a process of a machine, recognizable after its death."""

from __future__ import annotations

import os
import socket
from functools import cache

from apps.processes import process


@cache
def own_name() -> str:
    """`machine:pid:birth`. Two processes never have the same, whatever their pids."""
    return f"{_machine()}:{os.getpid()}:{process.birth(os.getpid())}"


def is_dead(owner: str) -> bool:
    """Whether `owner` was a process of this machine that is gone. False for what cannot be known from here."""
    machine, _, rest = owner.partition(":")
    pid, _, born = rest.partition(":")
    if machine != _machine() or not pid.isdecimal():
        return False
    return process.birth(int(pid)) != born


@cache
def _machine() -> str:
    """Host name and, in containers, the namespace that the pids are of."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116  # a magic link, not a file to resolve
    except OSError:
        namespace = 0
    return f"{socket.gethostname()[:32].replace(':', '-')}/{namespace}"
