"""What is done with many resources at once, and what a file of them has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from apps.resources.admin.resource_page import spec_yaml
from apps.resources.admin.yaml_text import read_node
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.kind import Kind
from apps.resources.storage.inventory import names_of, owners_of
from apps.resources.storage.lookup import get_row

AT_ONCE: Final = 200
LABEL: Final = re.compile(r"(?P<name>[^=\s][^=]*?)\s*(?:=(?P<value>.*)|(?P<gone>-))")
DELETE: Final = Deed(
    "delete",
    "Delete",
    "deleted",
    ("They are gone for good. Revisions are kept.",),
    is_dangerous=True,
)
SET_LABEL: Final = Deed(
    "label",
    "Label",
    "labelled",
    ("Each gets a new revision with this label, or without it where it ends in a hyphen; all else stays.",),
    asks="a label",
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


def label_change(typed: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """`name=value` sets it, `name-` takes it away. Raises InvalidInput."""
    found = LABEL.fullmatch(typed.strip())
    if found is None:
        raise InvalidInput.at("label", f"write name=value, or name- to take it away, not {typed!r}")
    name, value, is_gone = found["name"].strip(), found["value"], found["gone"]
    return lambda labels: (
        {key: each for key, each in labels.items() if key != name} | ({} if is_gone else {name: value.strip()})
    )


def relabel(kind: Kind, pk: str, change: Callable[[dict[str, str]], dict[str, str]], caller: Caller) -> None:
    """A new revision with other labels; none where they are so already. Raises StigmerError."""
    from apps.resources.wire.yaml_form import draft_from_yaml
    from apps.resources.writes import actions

    row = get_row(kind, pk, caller)
    labels = change(dict(row.labels))
    if labels == row.labels:
        return
    metadata = {
        "id": row.pk,
        "name": row.name,
        "slug": row.slug,
        "org": row.org,
        "owner_scope": row.owner_scope,
        "labels": labels,
        "annotations": row.annotations,
        "tags": row.tags,
        "version": {"id": row.version_id, "message": "labels changed in the admin"},
    }
    node = read_node(spec_yaml(kind, row, caller), lambda *_: None)  # our own dump has no mistakes
    actions.update(draft_from_yaml(kind, metadata, node, caller), caller)


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
