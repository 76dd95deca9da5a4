"""The table of what those who tell of failures remember: one row."""

from __future__ import annotations

from django.db import models


class NoticeBook(models.Model):
    """`position` is how far the journal was read, `content` what `apps.notices.gathering.Memory` is as JSON."""

    name = models.CharField(primary_key=True, max_length=40)
    position = models.CharField(max_length=80)
    content = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
