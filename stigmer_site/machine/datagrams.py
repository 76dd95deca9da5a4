"""Waking another process of this machine up: a byte on a Unix datagram socket, no polling, no broker.

A wake-up may be lost (nobody listens yet, or any more). Whoever is woken looks into the database for
what is to be done, and looks there now and then without being woken, too.
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import os
import socket
import tempfile
from pathlib import Path

# sun_path holds 104 bytes on macOS and 108 on Linux, the final zero included.
MAX_SOCKET_PATH = 100


class Sleeper(enum.StrEnum):
    """Who can be woken up."""

    API = "api"
    """Its followers of runs."""
    RUNNER = "runner"
    WORKER = "worker"
    CALLBACKS = "callbacks"
    """The part of the worker that tells Temporal how runs have ended."""


def socket_path(run_dir: Path, name: Sleeper) -> Path:
    """Where `name` listens: in `run_dir`, or in a private directory when that is too deep."""
    path = run_dir / f"{name}.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(run_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"stigmer-{os.getuid()}-{digest}" / f"{name}.sock"


def wake(run_dir: Path, name: Sleeper) -> None:
    """Wake `name` up if it listens. Never blocks, never fails."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
        sender.setblocking(False)
        sender.sendto(b"\0", str(socket_path(run_dir, name)))


class Waker:
    """The listening end. One process at a time has a name; a new one takes it over, and keeps it when we end."""

    def __init__(self, run_dir: Path, name: Sleeper) -> None:
        self.path = socket_path(run_dir, name)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.parent.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.path.parent} belongs to somebody else")
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o600)
        self._inode = self.path.stat().st_ino

    def wait(self, seconds: float) -> bool:
        """Wait for a wake-up. True when one came; those that had piled up count as one."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1)
        except TimeoutError:
            return False
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(1)
        return True

    def close(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()
        self.socket.close()
