"""What is done with many resources at once, and what a file of them has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from apps.resources.admin.about import named
from apps.resources.admin.columns import has_project
from apps.resources.admin.links import change_url
from apps.resources.admin.list_kit.deeds import MOST_AT_ONCE, Chosen, Deed
from apps.resources.admin.list_kit.files import Record
from apps.resources.admin.moments import moment
from apps.resources.admin.relations import counts_below
from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.storage.inventory import names_of, owners_of

AT_ONCE: Final = 200
DELETE: Final = Deed(
    "delete",
    "Delete",
    "deleted",
    ("They are gone for good. Revisions are kept.",),
    is_dangerous=True,
)


@dataclass(frozen=True)
class ResourceLine:
    """As the question before a deed names it; what runs have beyond that is empty."""

    pk: str
    url: str
    title: str
    started: SafeString
    of: str = ""
    phase: str = ""


def chosen_of(kind: Kind, deed: Deed, rows: QuerySet[Any], caller: Caller) -> Chosen:
    """Of these, as many as are taken at once."""
    found = list(rows.values_list("pk", "name", "updated_at")[: MOST_AT_ONCE + 1])
    lines = [
        ResourceLine(pk, change_url(kind, pk), named(name, pk), moment(at)) for pk, name, at in found[:MOST_AT_ONCE]
    ]
    counts = counts_below(kind, [line.pk for line in lines], caller) if deed is DELETE and lines else {}
    also = (
        [f"What belongs to them goes, too: {', '.join(f'{n} {what}' for what, n in counts.items())}."] if counts else []
    )
    return Chosen(lines, has_more=len(found) > MOST_AT_ONCE, also=also)


def columns_of(kind: Kind) -> list[str]:
    project = ["project"] if has_project(kind) else []
    times = ["version", "created_at", "created_by", "updated_at", "updated_by"]
    return ["id", "name", "slug", "org", *project, "tags", "labels", *times]


def records_of(kind: Kind, rows: QuerySet[Any]) -> Iterator[Record]:
    """In the order of the list, some at a time."""
    some: list[Any] = []
    for row in rows.only(*(name for name in columns_of(kind) if name != "project")).iterator(AT_ONCE):
        some.append(row)
        if len(some) == AT_ONCE:
            yield from _records(kind, some)
            some = []
    yield from _records(kind, some)


def _records(kind: Kind, rows: Sequence[Any]) -> Iterable[Record]:
    owners = owners_of([row.pk for row in rows]) if has_project(kind) and rows else {}
    projects = names_of(set(owners.values())) if owners else {}
    for row in rows:
        found: Record = {name: getattr(row, name, "") for name in columns_of(kind)}
        found |= {name: found[name].isoformat() for name in ("created_at", "updated_at")}
        yield found | ({"project": projects.get(owners.get(row.pk, 0), "")} if "project" in found else {})
