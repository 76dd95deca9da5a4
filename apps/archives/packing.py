"""Making the archive of a skill: the same files give the same bytes, and so the same version, on every machine."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from apps.archives.names import path_problems
from apps.archives.problems import BadArchive, Problem
from apps.archives.skill import LIMITS, SKILL_MD

LEFT_OUT = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "__pycache__",
        "node_modules",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".DS_Store",
        ".env",
    }
)
"""What belongs to the machine it is on, or is secret."""
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass
class Packed:
    """An archive that was made of a directory. Paths are relative to it; folders end with a slash."""

    files: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def pack_text(skill_md: str) -> bytes:
    """The archive of a skill that is its SKILL.md alone."""
    archive = io.BytesIO()
    _write(archive, {SKILL_MD: skill_md.encode()})
    return archive.getvalue()


def pack_directory(directory: Path, archive: BinaryIO) -> Packed:
    """Write the archive of what is in `directory`. Raises BadArchive, and OSError for what cannot be read."""
    packed = Packed()
    found = dict(sorted(_files(directory, "", packed)))
    problems = [Problem(name, text) for name in found for text in path_problems(name)]
    if not any(name == SKILL_MD for name in found):
        problems.append(Problem("", f"has no {SKILL_MD}"))
    if len(found) > LIMITS.entries:
        problems.append(Problem("", f"has {len(found):,} files; at most {LIMITS.entries:,} are allowed"))
    elif (size := sum(path.stat().st_size for path in found.values())) > LIMITS.packed:
        problems.append(Problem("", f"has {size:,} bytes in its files; at most {LIMITS.packed:,} are allowed"))
    if problems:
        raise BadArchive(problems)
    _write(archive, found)
    packed.files = list(found)
    return packed


def _files(directory: Path, below: str, packed: Packed) -> Iterator[tuple[str, Path]]:
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
        name = f"{below}{entry.name}"
        if entry.name in LEFT_OUT:
            packed.left_out.append(f"{name}/" if entry.is_dir(follow_symlinks=False) else name)
        elif entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), f"{name}/", packed)
        elif entry.is_file(follow_symlinks=False):
            yield name, Path(entry.path)
        else:
            what = "is a symbolic link: put the file itself there" if entry.is_symlink() else "is no plain file"
            raise BadArchive([Problem(name, what)])


def _write(archive: BinaryIO, files: Mapping[str, Path | bytes]) -> None:
    # Not compressed: what deflate makes of the same bytes differs between libraries, and so would the version.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for name, source in files.items():
            info = zipfile.ZipInfo(name, FIRST_MOMENT)
            info.create_system = 3  # Unix, wherever it is made
            info.external_attr = (stat.S_IFREG | (0o755 if _can_be_run(source) else 0o644)) << 16
            if isinstance(source, bytes):
                target.writestr(info, source)
                continue
            info.file_size = source.stat().st_size
            with source.open("rb") as file, target.open(info, "w") as entry:
                while piece := file.read(1024 * 1024):
                    entry.write(piece)


def _can_be_run(source: Path | bytes) -> bool:
    return isinstance(source, Path) and bool(source.stat().st_mode & stat.S_IXUSR)
