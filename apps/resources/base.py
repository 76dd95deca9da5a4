"""What every kind's table has: the envelope of the contract, its audit and its revisions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from apps.resources.identity import MAX_NAME, MAX_SLUG, MAX_STORED_SLUG

ID_LENGTH = 40


class OwnerScope(models.IntegerChoices):
    """`ApiResourceOwnerScope` of the contract: whose the resource is."""

    UNSPECIFIED = 0, "unspecified"
    PLATFORM = 1, "platform"
    ORGANIZATION = 2, "organization"
    IDENTITY_ACCOUNT = 3, "identity account"


class Resource(models.Model):
    """One stored resource. Written only by `actions`; reads are served from `snapshot`.

    `spec` is what the user wants, as the contract's JSON form with original field names; secret
    values in it stand as `********` and their ciphertexts in `secrets`, keyed by path, so that
    nothing that shows a spec can show a secret. `status` is what we saw. `snapshot` is the whole
    envelope as a serialized message, written in the same save.
    """

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, editable=False)
    owner_scope = models.PositiveSmallIntegerField(choices=OwnerScope.choices, default=OwnerScope.ORGANIZATION)
    org = models.CharField("organization", max_length=MAX_SLUG, blank=True, default="")
    slug = models.CharField(max_length=MAX_STORED_SLUG)
    name = models.CharField(max_length=MAX_NAME)
    labels = models.JSONField(default=dict, blank=True)
    annotations = models.JSONField(default=dict, blank=True)
    tags = models.JSONField(default=list, blank=True)
    spec = models.JSONField(null=True, blank=True)
    secrets = models.JSONField(default=dict, blank=True, editable=False)
    status = models.JSONField(default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    version_id = models.CharField(max_length=ID_LENGTH, editable=False)
    previous_version_id = models.CharField(max_length=ID_LENGTH, blank=True, default="", editable=False)
    version_message = models.TextField(blank=True, default="")
    created_by = models.CharField(max_length=MAX_NAME, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.CharField(max_length=MAX_NAME, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    event = models.CharField(max_length=16, editable=False)
    status_updated_by = models.CharField(max_length=MAX_NAME, editable=False)
    status_updated_at = models.DateTimeField(default=timezone.now, editable=False)
    status_event = models.CharField(max_length=16, editable=False)
    snapshot = models.BinaryField(default=b"", editable=False)

    objects: ClassVar[models.Manager[Any]]  # Any: each subclass gets a manager of its own type

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "org", "owner_scope"], name="%(app_label)s_%(class)s_identity")
        ]
        indexes = [models.Index(fields=["org", "-id"], name="%(class)s_by_org")]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_under_way(self) -> bool:
        """Whether it is a run that has not ended."""
        return False


class StoredReference(models.Model):
    """That a resource refers to another by its slug: what answers "what uses this?".

    Written with the resource that refers. The other is named by its identity, as references name it: when it is deleted
    and made again, it is the same.
    """

    id = models.BigAutoField(primary_key=True)
    source_kind = models.CharField(max_length=40)
    source_id = models.CharField(max_length=ID_LENGTH)
    kind = models.CharField(max_length=40)
    owner_scope = models.PositiveSmallIntegerField()
    org = models.CharField(max_length=MAX_SLUG, blank=True)
    slug = models.CharField(max_length=MAX_STORED_SLUG)

    class Meta:
        indexes = [
            models.Index(fields=["slug", "org", "kind"], name="reference_by_target"),
            models.Index(fields=["source_id"], name="reference_by_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} refers to {self.kind} {self.slug}"


class Revision(models.Model):
    """One event in the life of one resource: every version is kept, deletions too.

    Rows are only ever added; they outlive the resource, so they refer to it by id, not by key. `number` counts them
    from 1 for each resource, without gaps: it is given while the resource's row is locked, or by its insertion.
    """

    kind = models.CharField(max_length=40)
    resource_id = models.CharField(max_length=ID_LENGTH)
    org = models.CharField("organization", max_length=MAX_SLUG, blank=True)
    slug = models.CharField(max_length=MAX_STORED_SLUG)
    number = models.PositiveIntegerField("revision")
    version_id = models.CharField(max_length=ID_LENGTH)
    event = models.CharField(max_length=16)
    message = models.TextField(blank=True)
    actor = models.CharField(max_length=MAX_NAME)
    at = models.DateTimeField()
    snapshot = models.BinaryField()
    secrets = models.JSONField(default=dict)
    of_running = models.BooleanField(default=False)
    """Of what runs leave behind (`Kind.is_left_by_runs`), which lists of what people changed leave out."""

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["-id"], condition=models.Q(of_running=False), name="revision_by_people")]
        constraints = [models.UniqueConstraint(fields=["resource_id", "number"], name="revision_number")]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug} revision {self.number} {self.event}"
