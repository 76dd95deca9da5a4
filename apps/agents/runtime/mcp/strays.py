"""What tool programs started and what has left their process groups (setsid): ended with them all the same.

What still hangs in a program's tree is found there. What was orphaned comes to us, once `adopt_orphans` was called.
Whose it is cannot be seen any more then: it may stay until every program has ended that ran when it was found.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from apps.processes import process

_PR_SET_CHILD_SUBREAPER: Final = 36


class Stray(NamedTuple):
    pid: int
    born: str

    def end(self) -> None:
        process.send(self.pid, self.born, signal.SIGKILL)


class Strays:
    """Those of the programs of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._adopts = False
        self._starting = 0
        self._programs: set[int] = set()
        self._owners: dict[Stray, set[int]] = {}
        """Of each orphan, the programs that may have started it and still run."""

    def adopt_orphans(self) -> None:
        """Have the kernel give us what loses its parent. Linux only; of others orphans are lost."""
        if sys.platform.startswith("linux"):
            import ctypes

            self._adopts = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0

    @contextmanager
    def starting(self) -> Iterator[None]:
        """While a program is started: until it `has_started`, it looks like an orphan."""
        with self._lock:
            self._starting += 1
        try:
            yield
        finally:
            with self._lock:
                self._starting -= 1

    def has_started(self, pid: int) -> None:
        with self._lock:
            self._programs.add(pid)

    def has_ended(self, pid: int) -> None:
        with self._lock:
            self._programs.discard(pid)
        self.end_orphans()

    def end_orphans(self) -> None:
        """End those that can only be of programs that have ended."""
        with self._lock:
            if not self._adopts or self._starting:
                return
            found = set(_adopted(self._programs))
            self._owners = {stray: self._owners.get(stray, self._programs) & self._programs for stray in found}
            for stray, owners in self._owners.items():
                if not owners:
                    stray.end()


def descendants(pid: int) -> list[Stray]:
    """Everything that still hangs in the tree below a process."""
    import psutil

    try:
        return [Stray(child.pid, process.birth(child.pid)) for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _adopted(programs: set[int]) -> Iterator[Stray]:
    """Children of ours that a program started: we start programs only in sessions of their own."""
    if not _has_children():
        return  # as at rest, where a look at all processes of the machine every second would be the most that we do
    import psutil

    ours = os.getsid(0)
    for child in psutil.Process().children():
        if child.pid in programs:
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(child.pid) == ours:
                continue
        if born := process.birth(child.pid):
            yield Stray(child.pid, born)
        else:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, os.WNOHANG)  # nobody else asks how it ended


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


STRAYS: Final = Strays()
