"""What is printed of skills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.archives.front_matter import read_front_matter
from cli.output import pairs, table
from cli.skills.sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.resource import Resource
    from apps.backends.skills import Artifact, SkillVersion

SHORT_HASH = 12


def owner_of(skill: Resource) -> str:
    """`platform`, or the organization's slug."""
    return str(skill.message.metadata.org) or "platform"


def as_table(skills: Sequence[Resource]) -> str:
    """One line for each."""
    rows = [
        (
            each.slug,
            owner_of(each),
            each.message.spec.tag or "-",
            each.message.status.version_hash[:SHORT_HASH],
            read_front_matter(each.message.spec.skill_md)[0].description,
        )
        for each in skills
    ]
    return table(("NAME", "OWNER", "TAG", "VERSION", "DESCRIPTION"), rows)


def page(skill: Resource, artifact: Artifact, versions: Sequence[SkillVersion]) -> str:
    """Everything about one version of a skill."""
    message = skill.message
    said, _ = read_front_matter(message.spec.skill_md)
    facts = {
        "Name": message.metadata.name,
        "Id": message.metadata.id,
        "Owner": owner_of(skill),
        "Version": message.status.version_hash,
        "Tag": message.spec.tag or "-",
        "Size": f"{size_of(artifact.size)}, unpacked {size_of(artifact.unpacked)}",
        **({"Description": said.description} if said.description else {}),
    }
    files = table(("FILE", "SIZE"), [(path, size_of(size)) for path, size in artifact.files])
    kept = [(str(each.number), each.tag or "-", each.version_hash) for each in versions]
    return "\n".join(
        [*pairs(facts), "", files, "", table(("REVISION", "TAG", "VERSION"), kept), "", message.spec.skill_md.rstrip()]
    )


def record(skill: Resource, artifact: Artifact, versions: Sequence[SkillVersion]) -> dict[str, Any]:  # plain data
    """The same for programs."""
    return {
        **skill.record(),
        "artifact": {
            "size": artifact.size,
            "unpacked": artifact.unpacked,
            "files": [{"path": path, "size": size} for path, size in artifact.files],
        },
        "versions": [{"number": each.number, "versionHash": each.version_hash, "tag": each.tag} for each in versions],
    }
