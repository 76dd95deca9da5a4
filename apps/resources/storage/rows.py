"""Writes of many rows of one kind at once, for which Django knows best what they take."""

from __future__ import annotations

from collections.abc import Sequence

from apps.resources.base import Resource
from apps.resources.kind import Kind

ROWS_PER_STATEMENT = 500


def store_changed(kind: Kind, rows: Sequence[Resource], columns: Sequence[str]) -> None:
    """Store these columns of rows that exist, in few statements."""
    kind.model.objects.bulk_create(
        rows, batch_size=ROWS_PER_STATEMENT, update_conflicts=True, unique_fields=["id"], update_fields=columns
    )


def delete_with_dependents(kind: Kind, ids: Sequence[str]) -> None:
    """Delete rows, and those of other tables that refer to them by a key; so many as fit into one statement."""
    kind.model.objects.filter(pk__in=ids).delete()
