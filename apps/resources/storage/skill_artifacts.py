"""The archives of skills: which are kept, who may see them, and which nothing refers to any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from apps.archives.skill import SkillArchive
from apps.resources.caller import Caller
from apps.resources.kinds.skill.model import SkillArtifact, SkillUpload, SkillVersion
from apps.resources.registry import SKILL
from apps.resources.storage.lookup import NEWEST, VERSION_HASH, visible


def find_artifact(digest: str, caller: Caller) -> SkillArtifact | None:
    """One that is kept and that `caller` may see: they have stored it themselves, or see a skill that is made of it."""
    artifact = SkillArtifact.objects.filter(digest=digest, is_kept=True).first()
    return artifact if artifact is not None and _may_see(artifact, caller) else None


def hold_artifacts(digests: Collection[str], caller: Caller) -> dict[str, SkillArtifact]:
    """As `find_artifact`, several; none of them can be collected until the transaction ends."""
    rows = SkillArtifact.objects.filter(digest__in=digests, is_kept=True).order_by("pk").select_for_update()
    return {artifact.digest: artifact for artifact in rows if _may_see(artifact, caller)}


def _may_see(artifact: SkillArtifact, caller: Caller) -> bool:
    if artifact.uploads.filter(actor=caller.actor).exists():
        return True
    seen = visible(SKILL, caller).values("pk")
    return SkillVersion.objects.filter(version_hash=artifact.digest, skill_id__in=seen).exists()


def files_beside(digest: str) -> int:
    """How many files an archive has beside its SKILL.md."""
    files = SkillArtifact.objects.values_list("files", flat=True).filter(digest=digest).first()
    return max(0, len(files or ()) - 1)


def versions_of(skill_id: str) -> QuerySet[SkillVersion]:
    """Of a skill that whoever asks has found already, newest first."""
    return SkillVersion.objects.filter(skill_id=skill_id).order_by("-number")


def version_hash_of(skill_id: str, wanted: str) -> str:
    """That of the version which a reference means, by hash, tag or as the newest; it must be there."""
    rows = versions_of(skill_id)
    if wanted not in NEWEST:
        rows = rows.filter(**{"version_hash" if VERSION_HASH.fullmatch(wanted) else "tag": wanted})
    return rows.values_list("version_hash", flat=True)[0]


def claim_artifact(archive: SkillArchive, now: datetime) -> int:
    """Note, in a transaction of its own, that somebody begins to store an archive. The key of the claim."""
    files = [[file.path, file.size] for file in archive.files]
    row = SkillArtifact(
        digest=archive.digest,
        size=archive.size,
        unpacked=archive.unpacked,
        skill_md=archive.skill_md,
        files=files,
        claimed_at=now,
    )
    # One statement, which waits for whoever removes the row, and then makes it anew.
    SkillArtifact.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["digest"], update_fields=["claimed_at"]
    )
    return SkillArtifact.objects.values_list("pk", flat=True).get(digest=archive.digest)


def confirm_artifact(claim: int, actor: str) -> bool:
    """Note that an archive is in the blob store, and by whom. False when the claim has been collected meanwhile.

    By its key: somebody else's later claim of the same archive does not say that it is there.
    """
    artifact = SkillArtifact.objects.select_for_update().filter(pk=claim).first()
    if artifact is None:
        return False
    artifact.is_kept = True
    artifact.save(update_fields=["is_kept"])
    SkillUpload.objects.bulk_create([SkillUpload(artifact=artifact, actor=actor)], ignore_conflicts=True)
    return True


def unreferenced_artifacts(before: datetime) -> Sequence[int]:
    """Keys of those that no skill is made of, and that nobody has begun to store since `before`."""
    made_of = SkillVersion.objects.filter(version_hash=OuterRef("digest"))
    return list(SkillArtifact.objects.filter(~Exists(made_of), claimed_at__lt=before).values_list("pk", flat=True))


def lock_unreferenced(key: int, before: datetime) -> SkillArtifact | None:
    """One of those, locked, unless that has changed."""
    artifact = SkillArtifact.objects.select_for_update().filter(pk=key, claimed_at__lt=before).first()
    # Looked at once it is locked: whoever refers to it locks it, too.
    if artifact is None or SkillVersion.objects.filter(version_hash=artifact.digest).exists():
        return None
    return artifact


def set_not_kept(artifact: SkillArtifact) -> None:
    """Nobody may make a skill of it any more, unless it is stored again."""
    artifact.is_kept = False
    artifact.save(update_fields=["is_kept"])


def forget_artifact(artifact: SkillArtifact) -> None:
    artifact.delete()
