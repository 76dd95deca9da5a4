"""Deleting many rows of one kind at once, for which Django knows best what it takes."""

from __future__ import annotations

from collections.abc import Sequence

from apps.resources.kind import Kind


def delete_with_dependents(kind: Kind, ids: Sequence[str]) -> None:
    """Delete rows, and those of other tables that refer to them by a key; so many as fit into one statement."""
    kind.model.objects.filter(pk__in=ids).delete()
