"""The files of a project, and which of them were saved."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import DefaultFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchfiles import Change

IGNORED = (".ruff_cache", ".nox", ".eggs", ".terraform", "venv", "build", "dist", "site", "target", "vendor")
"""Directories beside those that the library ignores: environments, caches and what is built."""
WRITTEN_BY_PROGRAM = 3
"""A file that changes while the program runs, so often in a row, is one that the program writes."""


class ProjectFiles(DefaultFilter):
    """Which paths count: not what is hidden in directories of tools, nor what Python and editors leave behind."""

    def __init__(self, root: Path) -> None:
        super().__init__(ignore_dirs=(*DefaultFilter.ignore_dirs, *IGNORED))
        self._root = str(root)

    def __call__(self, change: Change, path: str) -> bool:
        """Judged by the part inside of the project: where it stands is nobody's business."""
        inside = path.removeprefix(self._root)
        return super().__call__(change, inside) and not any(part.endswith(".egg-info") for part in Path(inside).parts)


class Saved:
    """Tells files that are others now from those that were only touched, or that the program writes itself."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._digests: dict[Path, bytes] = {}
        self._during: Counter[Path] = Counter()

    def begin(self, paths: Iterable[Path]) -> None:
        """What stands in the files at the beginning."""
        for path in paths:
            self._digests[path] = _digest(path)

    def changed(self, paths: Iterable[Path], *, during: bool) -> list[str]:
        """Those with other contents than at the last look, relative to the project. `during` a deployment."""
        found = [path for path in sorted(set(paths)) if self._is_new(path)]
        if not during:
            self._during.clear()
            return [*map(self._said, found)]
        self._during.update(found)
        return [self._said(path) for path in found if self._during[path] < WRITTEN_BY_PROGRAM]

    def _is_new(self, path: Path) -> bool:
        digest = _digest(path)
        is_new = self._digests.get(path, b"") != digest
        self._digests[path] = digest
        return is_new

    def _said(self, path: Path) -> str:
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)


def _digest(path: Path) -> bytes:
    """Of the contents; empty for what is no file that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""
