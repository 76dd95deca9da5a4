"""What goes with a resource, in tables of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.resources.kind import OwnedRows
from apps.resources.storage.lookup import chunks
from apps.resources.storage.statements import delete_rows, find


def delete_owned_rows(owned: Iterable[OwnedRows], ids: Sequence[str]) -> None:
    """Delete what belongs to the resources with these ids, which fit into one statement."""
    for each in owned:
        if each.owned:
            keys = [key for (key,) in find(each.model, ("id",), each.column, ids)]
            for some in chunks(keys):
                delete_owned_rows(each.owned, some)
            if not keys:
                continue
        delete_rows(each.model, each.column, ids)
