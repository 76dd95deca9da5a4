"""What happened to which resource, in the order of commits: the table that those who watch read."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.resources.base import ID_LENGTH


class CurrentTransaction(models.Func):
    """The number of the transaction under way on PostgreSQL; 0 on SQLite, where one at a time writes."""

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # Any: Django's own
        return self.as_sql(compiler, connection, template="pg_current_xact_id()::text::bigint", **context)


class ResourceChange(models.Model):
    """One write to one resource, noted in the transaction that made it. `event` is created, updated or deleted.

    (`transaction`, `id`) orders them: `storage/journal.py` says why. Rows go after a while; the newest one stays.
    """

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=CurrentTransaction())
    kind = models.CharField(max_length=40)
    resource_id = models.CharField(max_length=ID_LENGTH)
    event = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering = ["transaction", "id"]
        # On PostgreSQL; on SQLite the key alone orders them, and a migration drops this.
        indexes = [models.Index(fields=["transaction", "id"], name="change_order")]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.event}"
