"""How the files of a project stand: whether they are still those that somebody deployed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from apps.archives.packing import LEFT_OUT

MOST_FILES = 20_000
"""A project of more is not looked through: nobody is kept waiting for its data."""
ENVIRONMENTS = ("venv", "env")
LIBRARIES = ("*/lib/*/site-packages", "*/Lib/site-packages")


def fingerprint(root: Path) -> str:
    """Another one whenever a file of the project was written, added or taken away; "" for too many of them.

    By size and times of change, not by contents: it is made while others wait to write. Environments count by what is
    installed in them; caches not at all.
    """
    digest = hashlib.sha256()
    for count, line in enumerate(_lines(root)):
        if count >= MOST_FILES:
            return ""
        digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _lines(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if each not in LEFT_OUT and each not in ENVIRONMENTS)
        yield from (_line(root, Path(folder, each)) for each in sorted(files))
    yield _line(root, root / "node_modules" / ".package-lock.json")
    for pattern in LIBRARIES:
        for installed in sorted(root.glob(pattern)):
            yield from sorted(os.listdir(installed))  # noqa: PTH208  # names, with the versions of what they are


def _line(root: Path, path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return f"{path.relative_to(root)} none"
    return f"{path.relative_to(root)} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
