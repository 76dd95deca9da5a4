"""Disks that are small, full, or may only be read.

Root gets a file system of its own in memory. Everybody else gets what comes closest without any right to mount:
files that cannot grow, and permissions.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tests.support.daemon import Installation

READ_ONLY = 1
DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


class Disk(Protocol):
    """A disk with little room. `told` is what an error calls it, `way_out` what its hint says."""

    told: str
    way_out: str

    def fill(self, installation: Installation) -> None:
        """Leave the running installation on it no room at all."""

    def free(self, installation: Installation) -> None:
        """Give it room again."""


class MountedDisk:
    """A file system of its own."""

    told = "full"
    way_out = "hint: Free some space"

    def __init__(self, directory: Path) -> None:
        self._filling = directory / "filled"

    def fill(self, _: Installation) -> None:
        with self._filling.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass

    def free(self, _: Installation) -> None:
        self._filling.unlink()


class LimitedFiles:
    """Files of any file system that cannot grow: as a full disk to those who write, but with another way out."""

    told = "limit on the size of a file"
    way_out = "`ulimit -f unlimited`"

    def fill(self, installation: Installation) -> None:
        self._limit(installation, 0)

    def free(self, installation: Installation) -> None:
        self._limit(installation, resource.RLIM_INFINITY)

    def _limit(self, installation: Installation, size: int) -> None:
        for component in installation.state()["components"]:
            resource.prlimit(component["pid"], resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def mounted(directory: Path, size: int) -> Iterator[Disk]:
    """`directory`, which exists and is empty, has `size` bytes of room."""
    if not _mount(directory, size):
        raise OSError(ctypes.get_errno(), "cannot mount", str(directory))
    try:
        yield MountedDisk(directory)
    finally:
        _unmount(directory)


@contextmanager
def limited(_: Path, size: int) -> Iterator[Disk]:
    """No file that this process and those it starts write has more than `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield LimitedFiles()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(directory: Path) -> Iterator[str]:
    """Nothing can be written in `directory`, which exists and is empty. Gives what people are told of it."""
    if not _mount(directory, 1_000_000, READ_ONLY):
        raise OSError(ctypes.get_errno(), "cannot mount", str(directory))
    try:
        yield "read-only"
    finally:
        _unmount(directory)


@contextmanager
def forbidden(directory: Path) -> Iterator[str]:
    """The same for whoever has to obey permissions."""
    directory.chmod(0o500)
    try:
        yield "is not writable by you"
    finally:
        directory.chmod(0o700)


def _mount(directory: Path, size: int, flags: int = 0) -> bool:
    """Mount a file system in memory on `directory`; False where the system refuses that to this process."""
    options = f"size={size},mode=0700".encode()
    refused: int = libc.mount(b"tmpfs", os.fsencode(directory), b"tmpfs", flags, options)
    return not refused


def _unmount(directory: Path) -> None:
    libc.umount2(os.fsencode(directory), DETACH)


def _can_mount() -> bool:
    """Whether the system lets this process mount file systems: as root, where no container forbids it."""
    with TemporaryDirectory() as directory:
        can = _mount(Path(directory), 4096)
        if can:
            _unmount(Path(directory))
        return can


SmallDisk = Callable[[Path, int], AbstractContextManager[Disk]]
LockedPlace = Callable[[Path], AbstractContextManager[str]]
# The ways to have one here.
SMALL_DISKS: tuple[SmallDisk, ...] = (limited,)
LOCKED_PLACES: tuple[LockedPlace, ...] = (forbidden,)
if _can_mount():
    SMALL_DISKS += (mounted,)
    LOCKED_PLACES += (read_only,)
