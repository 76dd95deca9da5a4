"""The tags and labels of resources, one by one: the table that lists are narrowed by."""

from __future__ import annotations

from django.db import models

from apps.resources.base import ID_LENGTH


class ResourceTerm(models.Model):
    """That a resource carries a tag, or a label with a value. `term` is the digest of which (`storage/terms.py`).

    The key has the resources of one term in the order of lists. Rows are written with those of the resource.
    """

    id = models.BigAutoField(primary_key=True)
    term = models.CharField(max_length=64)
    resource_id = models.CharField(max_length=ID_LENGTH)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["term", "resource_id"], name="resource_term")]
        indexes = [models.Index(fields=["resource_id"], name="terms_of_resource")]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.term}"
