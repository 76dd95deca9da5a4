"""What goes with a resource, in tables of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from apps.resources.base import Resource, StoredReference
from apps.resources.kind import Kind, OwnedRows
from apps.resources.registry import BY_MODEL
from apps.resources.storage.inventory import delete_entries
from apps.resources.storage.journal import note
from apps.resources.storage.lookup import chunks
from apps.resources.storage.statements import delete_rows, find
from apps.resources.storage.terms import delete_terms


def delete_beside(kind: Kind, ids: Sequence[str]) -> None:
    """Delete what is kept beside resources of a kind, whose rows go: so many as fit into one statement."""
    delete_owned_rows(kind.owned_rows, ids)
    delete_terms(ids)
    if kind.references:
        delete_rows(StoredReference, "source_id", ids)
    if not kind.has_fixed_spec:  # what is never applied is in no inventory
        delete_entries(ids)


def delete_owned_rows(owned: Iterable[OwnedRows], ids: Sequence[str]) -> None:
    """Delete what belongs to the resources with these ids, which fit into one statement."""
    for each in owned:
        if issubclass(each.model, Resource):
            _delete_resources(BY_MODEL[each.model], each.column, ids)
        delete_rows(each.model, each.column, ids)


def _delete_resources(kind: Kind, column: str, ids: Sequence[str]) -> None:
    """Delete what is kept beside the resources that belong to others, and note that they go."""
    keys = [key for (key,) in find(kind.model, ("id",), column, ids)]
    for some in chunks(keys):
        delete_beside(kind, some)
    note(((kind.name, key, "deleted") for key in keys), timezone.now())
