"""Who holds a lease: a process of a machine, recognizable after its death."""

from __future__ import annotations

import os
import socket
import sys
from functools import cache
from pathlib import Path

import psutil


@cache
def own_name() -> str:
    """`machine:pid:birth`. Two processes never have the same, whatever their pids."""
    return f"{_machine()}:{os.getpid()}:{birth(os.getpid())}"


def is_dead(owner: str) -> bool:
    """Whether `owner` was a process of this machine that is gone. False for what cannot be known from here."""
    machine, _, rest = owner.partition(":")
    pid, _, born = rest.partition(":")
    if machine != _machine() or not pid.isdecimal():
        return False
    return birth(int(pid)) != born


def birth(pid: int) -> str:
    """Text that no later process of this number has; "" when there is none, or only a zombie.

    On Linux the boot's id and the kernel's start tick: a clock that is set moves neither, so that nobody who
    lives is taken for dead. Elsewhere what psutil says.
    """
    return _linux_birth(pid) if sys.platform.startswith("linux") else _portable_birth(pid)


def _linux_birth(pid: int) -> str:
    try:
        # The name, in brackets, may hold spaces and brackets: count from behind the last one.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in {"Z", "X"} else f"{_boot()}-{fields[19]}"


def _portable_birth(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.1f}"
    except psutil.Error:
        return ""


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "boot"


@cache
def _machine() -> str:
    """Host name and, in containers, the namespace that the pids are of."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116  # a magic link, not a file to resolve
    except OSError:
        namespace = 0
    return f"{socket.gethostname()[:32].replace(':', '-')}/{namespace}"
