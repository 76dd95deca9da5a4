"""File systems that are small or may only be read."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

READ_ONLY = 1
DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


def mount(directory: Path, size: int, flags: int = 0) -> bool:
    """Mount a file system in memory on `directory`; False where the system refuses that to this process."""
    options = f"size={size},mode=0700".encode()
    refused: int = libc.mount(b"tmpfs", os.fsencode(directory), b"tmpfs", flags, options)
    return not refused


def unmount(directory: Path) -> None:
    libc.umount2(os.fsencode(directory), DETACH)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Nothing can be written in `directory`, which exists and is empty."""
    if mount(directory, 1_000_000, READ_ONLY):
        try:
            yield
        finally:
            unmount(directory)
        return
    directory.chmod(0o500)
    try:
        yield
    finally:
        directory.chmod(0o700)


@contextmanager
def small(directory: Path, size: int) -> Iterator[None]:
    """`directory`, which exists and is empty, has `size` bytes of room. Needs `can_mount()`."""
    if not mount(directory, size):
        raise OSError(ctypes.get_errno(), "cannot mount", str(directory))
    try:
        yield
    finally:
        unmount(directory)


def can_mount() -> bool:
    """Whether the system lets this process mount file systems: as root, where no container forbids it."""
    with TemporaryDirectory() as directory:
        mounted = mount(Path(directory), 4096)
        if mounted:
            unmount(Path(directory))
        return mounted


def fill(directory: Path) -> Path:
    """Write a file that leaves no room."""
    path = directory / "filled"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 4096):
            pass
    return path
