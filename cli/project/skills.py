"""The files of the skills that a program declares: packed and uploaded, so that the apply can name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

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
    for resource in found:
        if _has_files(resource):
            _upload(console, backend, resource)


def _upload(console: Console, backend: GrpcBackend, skill: DiscoveredResource) -> None:
    # Archives take 10 ms to import; most programs have no skills.
    import tempfile

    from apps.archives.packing import pack_directory
    from apps.archives.problems import BadArchive
    from apps.archives.skill import read_skill
    from apps.backends.grpc_skills import GrpcSkills

    directory = Path(skill.message.metadata.annotations.pop(DIRECTORY))
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
        file = cast("BinaryIO", spooled)
        try:
            left_out = pack_directory(directory, file).left_out
            skill.message.spec.skill_md = read_skill(file).skill_md
        except (BadArchive, OSError) as error:
            details = map(str, error.problems) if isinstance(error, BadArchive) else [str(error)]
            raise CliError(
                f"skill {skill.name!r} cannot be packed from {directory}",
                details=details,
                reason="stigmer.cli.bad_skill",
            ) from error
        if left_out:
            console.print(f"Left out of skill {skill.name}: {', '.join(left_out)}")
        skill.message.status.version_hash = GrpcSkills(backend).upload(file).version_hash


def _has_files(resource: DiscoveredResource) -> bool:
    """Only of programs: they run as whoever applies them, who can read those files anyway."""
    is_skill = resource.kind == "Skill" and isinstance(resource.source, ManifestSource)
    return is_skill and DIRECTORY in resource.message.metadata.annotations
