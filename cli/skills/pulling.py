"""The files of a skill in a directory: what was sent is checked as if nobody had checked it before."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from apps.archives.problems import BadArchive
from apps.archives.skill import LIMITS, read_skill, unpack
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from apps.backends.skills import Skills

IN_MEMORY_BYTES = 4 * 1024 * 1024


def pull_into(skills: Skills, version_hash: str, directory: Path) -> list[str]:
    """Write a version's files to `directory`, which appears whole or not at all. Answers their paths."""
    if directory.exists() or directory.is_symlink():
        raise CliError(
            f"{directory} is there already",
            hint="Name another directory behind the skill",
            exit=Exit.CONFLICT,
        )
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
        file = cast("BinaryIO", spooled)
        for part in skills.download(version_hash):
            if file.tell() + len(part) > LIMITS.packed:
                raise CliError("the server sends more than an archive may have", reason="stigmer.cli.bad_archive")
            file.write(part)
        try:
            found = read_skill(file)
            if found.digest != version_hash:
                raise CliError(
                    f"the server sends another archive than that of version {version_hash}",
                    reason="stigmer.cli.bad_archive",
                )
            _write(file, directory)
        except BadArchive as error:
            raise CliError(
                "the server sends what is no skill", details=map(str, error.problems), reason="stigmer.cli.bad_archive"
            ) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise CliError(f"{directory} cannot be written: {reason}", reason="stigmer.cli.cannot_write") from error
    return [each.path for each in found.files]


def _write(file: BinaryIO, directory: Path) -> None:
    """Into a new directory beside it first: half a skill is none."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        for path, content, can_be_run in unpack(file):
            place = part / path
            place.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(place, flags, 0o777 if can_be_run else 0o666), "wb") as target:
                target.writelines(content)
        part.chmod(0o777 & ~_umask())
        part.rename(directory)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
