"""A bell between the processes of this machine: a byte on a Unix datagram socket, no polling, no broker."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import tempfile
from pathlib import Path

from apps.resources.ports import Sleeper

# sun_path holds 104 bytes on macOS and 108 on Linux, the final zero included.
MAX_SOCKET_PATH = 100


class DatagramBell:
    """The Bell of processes that share `run_dir`. One process at a time has a name; a new one takes it over."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir

    def ring(self, sleeper: Sleeper) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            sender.setblocking(False)
            sender.sendto(b"\0", str(socket_path(self.run_dir, sleeper)))

    def listen(self, sleeper: Sleeper) -> DatagramListener:
        return DatagramListener(socket_path(self.run_dir, sleeper))


class DatagramListener:
    """The listening end. It keeps what took its place when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.path.parent.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.path.parent} belongs to somebody else")
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o600)
        self._inode = self.path.stat().st_ino

    def fileno(self) -> int:
        return self.socket.fileno()

    def wait(self, seconds: float) -> bool:
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1)
        except (TimeoutError, BlockingIOError):
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


def socket_path(run_dir: Path, sleeper: Sleeper) -> Path:
    """Where it listens: in `run_dir`, or in a private directory when that is too deep."""
    path = run_dir / f"{sleeper}.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(run_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"stigmer-{os.getuid()}-{digest}" / f"{sleeper}.sock"
