from django.db import models

from apps.resources.base import ID_LENGTH, Resource
from apps.resources.identity import MAX_NAME

DIGEST_LENGTH = 64
MAX_TAG = 255


class Skill(Resource):
    """Instructions and files that agents read when they need them. Its status names the artifact that holds them."""


class SkillVersion(models.Model):
    """One version of a skill, by which references find it. It goes with the skill; revisions stay."""

    skill_id = models.CharField(max_length=ID_LENGTH)
    number = models.PositiveIntegerField()
    """Of the revision: a higher one is newer."""
    version_id = models.CharField(max_length=ID_LENGTH)
    version_hash = models.CharField(max_length=DIGEST_LENGTH)
    tag = models.CharField(max_length=MAX_TAG, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["skill_id", "version_hash", "-number"], name="skill_version_by_hash"),
            models.Index(fields=["skill_id", "tag", "-number"], name="skill_version_by_tag"),
            models.Index(fields=["version_hash"], name="skill_version_of_artifact"),
        ]

    def __str__(self) -> str:
        return f"{self.skill_id} version {self.number}"


class SkillArtifact(models.Model):
    """The archive of some skills, which the blob store keeps by the same digest.

    The row is there before the archive is and goes with it: whoever stores, refers to or collects an archive locks it.
    `is_kept` says that the archive is there, and stays so while anything refers to it.
    """

    digest = models.CharField(max_length=DIGEST_LENGTH, unique=True)
    size = models.BigIntegerField()
    unpacked = models.BigIntegerField()
    skill_md = models.TextField()
    files = models.JSONField()
    """`[[path, size], ...]`; sizes in bytes, unpacked."""
    is_kept = models.BooleanField(default=False)
    claimed_at = models.DateTimeField()
    """When somebody last began to store it."""

    def __str__(self) -> str:
        return self.digest


class SkillUpload(models.Model):
    """Who has stored an archive themselves, and so may make a skill of it. It goes with the artifact."""

    artifact = models.ForeignKey(SkillArtifact, on_delete=models.CASCADE, related_name="uploads")
    actor = models.CharField(max_length=MAX_NAME)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["artifact", "actor"], name="resources_skillupload_identity")]

    def __str__(self) -> str:
        return f"{self.artifact_id} by {self.actor}"
