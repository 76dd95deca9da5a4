"""From a directory, or an archive of somebody's own, to what is pushed."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from apps.archives.packing import pack_directory
from apps.archives.problems import BadArchive
from apps.archives.skill import read_skill
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format, structured, table
from cli.skills.sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from apps.archives.skill import SkillArchive
    from apps.backends.base import Action, Envelope
    from cli.output import Console

IN_MEMORY_BYTES = 4 * 1024 * 1024
STATUS = {"created": "✓ Created", "updated": "✓ Updated", "unchanged": "✓ Unchanged"}


@contextmanager
def archived(console: Console, source: Path) -> Iterator[tuple[BinaryIO, SkillArchive]]:
    """The archive of a directory, or the one that `source` is, and what is in it. Says what was left out."""
    try:
        with _opened(console, source) as file:
            found = read_skill(file)
            console.print(f"{len(found.files)} file(s), {size_of(found.size)}, sha256 {found.digest}")
            if not found.front_matter.description:
                console.warn("SKILL.md has no description in front matter, by which agents choose skills")
            yield file, found
    except BadArchive as error:
        raise CliError(
            f"{source} cannot be pushed",
            details=map(str, error.problems),
            hint="A skill is a directory with a SKILL.md in it, and what that speaks of",
            reason="stigmer.cli.bad_skill",
        ) from error
    except FileNotFoundError as error:
        raise CliError(f"there is no {error.filename or source}", exit=Exit.NOT_FOUND) from error


@contextmanager
def _opened(console: Console, source: Path) -> Iterator[BinaryIO]:
    if not source.is_dir():
        with source.open("rb") as archive:
            yield archive
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
        file = cast("BinaryIO", spooled)
        packed = pack_directory(source, file)
        if packed.left_out:
            console.print(f"Left out: {', '.join(packed.left_out)}")
        yield file


def report(skill: Envelope, action: Action, output: Format) -> str:
    """What became of a push, in the format asked for."""
    from apps.backends.resource import Resource

    found = Resource.of(skill)
    row = {
        "kind": "Skill",
        "name": found.slug,
        "status": action.value,
        "version": found.message.status.version_hash,
        "tag": found.message.spec.tag,
        "id": found.message.metadata.id,
    }
    if output is not Format.TABLE:
        return found.label if output is Format.NAME else structured(row, output)
    cells = ("Skill", row["name"], STATUS[action.value], row["tag"] or "-", row["id"])
    return table(("TYPE", "NAME", "STATUS", "TAG", "ID"), [cells])
