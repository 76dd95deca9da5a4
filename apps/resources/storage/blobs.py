"""Contents by their digest, each a file of a directory."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from apps.processes.files import sync_directory

DIGEST = re.compile(r"[0-9a-f]{64}\Z")
PIECE_BYTES = 1024 * 1024


class BlobDirectory:
    """The local BlobStore: `ab/ab34...`, 256 folders, so that none has very many files.

    A file is there whole or not at all, and on the disk when `put` returns. Many processes may use one directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, content: bytes) -> str:
        return self.put_file(io.BytesIO(content))

    def put_file(self, content: BinaryIO) -> str:
        digest = _digest(content)
        place = self._place(digest)
        for folder in (self.path, place.parent):
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(folder.parent)
        try:
            with self.open(digest):
                pass
        except KeyError:
            content.seek(0)
            _write(place, content)
        sync_directory(place.parent)  # whoever wrote it may not have come to that
        return digest

    def get(self, digest: str) -> bytes:
        """Raises KeyError, for content that was damaged, too."""
        with self.open(digest) as file:
            return file.read()

    def open(self, digest: str) -> BinaryIO:
        """Raises KeyError, for content that was damaged, too."""
        try:
            file = self._place(digest).open("rb")
        except FileNotFoundError:
            raise KeyError(digest) from None
        if _digest(file) != digest:
            file.close()
            raise KeyError(digest)
        file.seek(0)
        return file

    def delete(self, digest: str) -> None:
        with contextlib.suppress(KeyError):
            self._place(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        for place in self.path.glob("??/*"):
            if DIGEST.match(place.name):
                yield place.name

    def tidy(self) -> None:
        """Who writes holds a lock on the part: one that can be had is nobody's any more."""
        for part in self.path.glob("??/*.part"):
            with contextlib.suppress(OSError), part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        """Raises KeyError for what is no digest: it must not lead out of the directory."""
        if not DIGEST.match(digest):
            raise KeyError(digest)
        return self.path / digest[:2] / digest


def _digest(content: BinaryIO) -> str:
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def _write(place: Path, content: BinaryIO) -> None:
    """Write beside it, then put it in its place: whoever reads meanwhile, or after a crash, finds all or nothing."""
    part, descriptor = _new_part(place)
    try:
        with os.fdopen(descriptor, "wb") as file:
            while piece := content.read(PIECE_BYTES):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _new_part(place: Path) -> tuple[Path, int]:
    """A new file, locked. Whoever tidies may have taken it away before it was."""
    while True:
        part = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return part, descriptor
        os.close(descriptor)
