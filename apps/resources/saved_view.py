"""The table of what somebody has put aside in the pages: lists as they had narrowed them."""

from __future__ import annotations

from django.db import models

from apps.resources.identity import MAX_NAME

LONGEST_NAME = 60
LONGEST_QUERY = 2000


class SavedView(models.Model):
    """A list's address under a name, for one person. `page` is the name of the kind that the list is of."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=MAX_NAME)
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "page", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name
