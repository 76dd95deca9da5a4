"""Telling one process from another that got its number later.

A process is (pid, birth). The birth is text that another process of the same number cannot have: on Linux
the boot's id and the kernel's start tick, neither of which moves when somebody sets the clock; elsewhere
what psutil says.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

_LINUX = sys.platform.startswith("linux")


def birth(pid: int) -> str:
    """The birth of `pid`, or "" when there is no such process any more (a zombie counts as gone)."""
    if pid <= 0:
        return ""
    return _linux_birth(pid) if _LINUX else _portable_birth(pid)


def is_same(pid: int, born: str) -> bool:
    """Whether `pid` is alive and is still the process that was born then."""
    return bool(born) and birth(pid) == born


def started_at(pid: int) -> float:
    """When `pid` started, in seconds since the epoch as today's clock counts them: for people to read."""
    if _LINUX and (ticks := _linux_ticks(pid)) is not None:
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        return time.time() - age
    return time.time()


def send(pid: int, born: str, signal_number: int, *, group: bool = False) -> bool:
    """Signal the process (or the group it leads), but only when it still is that process."""
    if not is_same(pid, born):
        return False
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, signal_number)
    return True


def wait_gone(pid: int, born: str, seconds: float) -> bool:
    """Wait until the process is gone, looking every 5 ms (it need not be a child of ours)."""
    deadline = time.monotonic() + seconds
    while is_same(pid, born):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
    return True


def _linux_ticks(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name, in brackets, may hold spaces and brackets: count from behind the last one.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {b"Z", b"X"} else int(fields[19])


def _linux_birth(pid: int) -> str:
    ticks = _linux_ticks(pid)
    return "" if ticks is None else f"{_boot_id()}-{ticks}"


def _boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read(8)
    except OSError:
        return "boot"


def _portable_birth(pid: int) -> str:
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return f"{process.create_time():.3f}"
    return ""
