"""Projects and what each of them owns: the tables of the inventory."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.resources.base import ID_LENGTH
from apps.resources.identity import MAX_NAME, MAX_SLUG


class Project(models.Model):
    """What one Stigmer.yaml deploys to one organization. Whoever changes what it owns holds a lock on its row."""

    org = models.CharField("organization", max_length=MAX_SLUG)
    name = models.CharField(max_length=MAX_NAME)
    created_by = models.CharField(max_length=MAX_NAME)
    created_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=MAX_NAME)
    updated_at = models.DateTimeField(default=timezone.now)
    """When an apply or a prune last changed something of it."""
    root = models.TextField(blank=True, default="", db_default="")
    """Where it was applied from last, on this machine: relative paths of its tool servers count from there."""
    python = models.TextField(blank=True, default="", db_default="")
    """What its tool servers mean by `python3`; "" for the one on PATH."""
    notifies = models.BooleanField(default=True, db_default=True)
    """Whether somebody is told when its runs fail."""

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["name", "org"], name="resources_project_identity")]

    def __str__(self) -> str:
        return self.name


class InventoryEntry(models.Model):
    """One resource that a project owns; of one project at most. It goes with the resource, whoever deletes that.

    It refers to the resource by id, not by key: kinds have tables of their own.
    """

    resource_id = models.CharField(primary_key=True, max_length=ID_LENGTH)
    kind = models.CharField(max_length=40)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="inventory")

    class Meta:
        verbose_name_plural = "inventory entries"

    def __str__(self) -> str:
        return f"{self.kind} {self.resource_id} of {self.project_id}"
