"""The lock that makes a daemon the only one of its data directory.

`flock`, held for life: the kernel lets go of it whatever way the process ends, so a file that is left
behind means nothing. The file's text (pid and birth) only tells who holds it.
"""

from __future__ import annotations

import fcntl
import os

from apps.processes import process


def acquire(path: str) -> int | None:
    """Take the lock; the descriptor is the lock (keep it open). None: another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {process.birth(os.getpid())}\n".encode(), 0)
    return descriptor


def is_at(descriptor: int, path: str) -> bool:
    """Whether the file at `path` still is the one that was locked; a new one would lock nothing of ours."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def holder(path: str) -> tuple[int, str] | None:
    """(pid, birth) of the living process that wrote the lock file last, None when there is none."""
    try:
        with open(path, encoding="ascii") as file:
            pid, _, born = file.read(100).strip().partition(" ")
    except (OSError, UnicodeDecodeError):
        return None
    if not pid.isdecimal() or not process.is_same(int(pid), born):
        return None
    return int(pid), born
