"""What belongs to a resource, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery

from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.registry import children_of
from apps.resources.storage.lookup import chunks, visible

MOST_COUNTED = 1000
"""Counting more would take as long as there are many; nobody needs to know how many more."""


def count_below(kind: Kind, ids: Sequence[str], caller: Caller) -> dict[Kind, int]:
    """How many resources belong to those of this kind, however far down, by kind; those without any are left out."""
    counts = {
        child: count_some(visible(child, caller).filter(**{f"{path}__in": ids})) for child, path in kinds_below(kind)
    }
    return {child: count for child, count in counts.items() if count}


def count_below_each(kind: Kind, ids: Sequence[str], caller: Caller) -> dict[str, dict[Kind, int]]:
    """As `count_below`, for each of many resources of one kind, by id."""
    counts: dict[str, dict[Kind, int]] = {pk: {} for pk in ids}
    for child, path in kinds_below(kind):
        below = visible(child, caller).filter(**{path: OuterRef("pk")}).order_by().values("pk")
        for some in chunks(ids):
            rows = visible(kind, caller).filter(pk__in=some).annotate(below=CountSome(below[: MOST_COUNTED + 1]))
            for pk, count in rows.values_list("pk", "below"):
                if count:
                    counts[pk][child] = count
    return counts


class CountSome(Subquery):
    """How many rows a query has; it is limited, so that counting them does not take as long as there are many."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) below)"
    output_field = IntegerField()


def count_some(rows: QuerySet[Any]) -> int:
    """At most MOST_COUNTED + 1, which stands for more."""
    return rows[: MOST_COUNTED + 1].count()


def count_each(queries: Sequence[QuerySet[Any]]) -> list[int]:
    """As `count_some`, of many queries in one statement."""
    parts: list[str] = []
    values: list[Any] = []  # Any: what a database takes
    for rows in queries:
        statement, given = rows.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({statement}) counted)")  # noqa: S608 - Django wrote it
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return [int(count) for count in cursor.fetchone()]


def kinds_below(kind: Kind, path: str = "") -> Iterator[tuple[Kind, str]]:
    """Each kind below, with the lookup that leads back to `kind`: `session__agent_instance`."""
    for child in children_of(kind):
        if child.parent is not None:
            column = child.parent.column.removesuffix("_id")
            lookup = f"{column}__{path}" if path else column
            yield child, lookup
            yield from kinds_below(child, lookup)
