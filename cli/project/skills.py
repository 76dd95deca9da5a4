"""The files of the skills that a program declares: packed and uploaded, so that the apply can name them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from apps.archives.packing import pack_directory
from apps.archives.problems import BadArchive
from apps.archives.skill import read_skill
from cli.errors import CliError
from cli.project.discovery import ManifestSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.backends.grpc_backend import GrpcBackend
    from cli.output import Console
    from cli.project.discovery import DiscoveredResource

DIRECTORY = "stigmer.ai/skill.directory"
IN_MEMORY_BYTES = 4 * 1024 * 1024


def upload_skills(console: Console, backend: GrpcBackend, found: Iterable[DiscoveredResource]) -> None:
    """Upload what skills of a program have beside their SKILL.md, and have their envelopes name it."""
    with_files = [each for each in found if _has_files(each)]
    if not with_files:
        return
    from apps.backends.grpc_skills import GrpcSkills

    skills = GrpcSkills(backend)
    for each in with_files:
        directory = Path(each.message.metadata.annotations.pop(DIRECTORY))
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
            file = cast("BinaryIO", spooled)
            try:
                left_out = pack_directory(directory, file).left_out
                each.message.spec.skill_md = read_skill(file).skill_md
            except (BadArchive, OSError) as error:
                details = map(str, error.problems) if isinstance(error, BadArchive) else [str(error)]
                raise CliError(f"skill {each.name!r} cannot be packed from {directory}", details=details) from error
            if left_out:
                console.print(f"Left out of skill {each.name}: {', '.join(left_out)}")
            each.message.status.version_hash = skills.upload(file).version_hash


def _has_files(resource: DiscoveredResource) -> bool:
    """Only of programs: they run as whoever applies them, who can read those files anyway."""
    is_skill = resource.kind == "Skill" and isinstance(resource.source, ManifestSource)
    return is_skill and DIRECTORY in resource.message.metadata.annotations
