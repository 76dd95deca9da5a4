"""Contents by their digest, each a file of a directory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from apps.processes.files import sync_directory

DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class BlobDirectory:
    """The local BlobStore: `ab/ab34...`, 256 folders, so that none has very many files.

    A file is there whole or not at all, and on the disk when `put` returns. Many processes may use one directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(digest)
        for folder in (self.path, place.parent):
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(folder.parent)
        try:
            self.get(digest)
        except KeyError:
            _write(place, content)
        sync_directory(place.parent)  # whoever wrote it may not have come to that
        return digest

    def get(self, digest: str) -> bytes:
        """Raises KeyError, for content that was damaged, too."""
        try:
            content = self._place(digest).read_bytes()
        except FileNotFoundError:
            raise KeyError(digest) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise KeyError(digest)
        return content

    def delete(self, digest: str) -> None:
        with contextlib.suppress(KeyError):
            self._place(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        for place in self.path.glob("??/*"):
            if DIGEST.match(place.name):
                yield place.name

    def _place(self, digest: str) -> Path:
        """Raises KeyError for what is no digest: it must not lead out of the directory."""
        if not DIGEST.match(digest):
            raise KeyError(digest)
        return self.path / digest[:2] / digest


def _write(place: Path, content: bytes) -> None:
    """Write beside it, then put it in its place: whoever reads meanwhile, or after a crash, finds all or nothing."""
    part = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
