"""What belongs to a resource, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.registry import children_of
from apps.resources.storage.lookup import visible

MOST_COUNTED = 1000
"""Counting more would take as long as there are many; nobody needs to know how many more."""


def count_below(kind: Kind, ids: Sequence[str], caller: Caller) -> dict[Kind, int]:
    """How many resources belong to those of this kind, however far down, by kind; those without any are left out."""
    counts = {
        child: count_some(visible(child, caller).filter(**{f"{path}__in": ids})) for child, path in kinds_below(kind)
    }
    return {child: count for child, count in counts.items() if count}


def count_some(rows: QuerySet[Any]) -> int:
    """At most MOST_COUNTED + 1, which stands for more."""
    return rows[: MOST_COUNTED + 1].count()


def kinds_below(kind: Kind, path: str = "") -> Iterator[tuple[Kind, str]]:
    """Each kind below, with the lookup that leads back to `kind`: `session__agent_instance`."""
    for child in children_of(kind):
        if child.parent is not None:
            column = child.parent.column.removesuffix("_id")
            lookup = f"{column}__{path}" if path else column
            yield child, lookup
            yield from kinds_below(child, lookup)
