"""What a resource belongs to and what belongs to it, as links with counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.resources.admin.links import change_url, icon_of, list_url
from apps.resources.base import Resource
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS, children_of

SHOWN = 5


@dataclass(frozen=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True)
class Relation:
    """`count` is None for the one parent; `links` shows the newest few, `url` all of them."""

    title: str
    icon: str
    links: list[Link] = field(default_factory=list)
    count: int | None = None
    url: str = ""


def parent_of(kind: Kind, row: Resource) -> list[Relation]:
    if kind.parent is None:
        return []
    parent_kind = BY_NAME[kind.parent.kind]
    parent = parent_kind.model.objects.only("pk", "name").filter(pk=getattr(row, kind.parent.column)).first()
    links = [Link(parent.name, change_url(parent_kind, parent.pk))] if parent else []
    return [Relation(parent_kind.name, icon_of(parent_kind), links)]


def children(kind: Kind, row: Resource) -> list[Relation]:
    """One relation for each kind whose resources belong to one of this kind."""
    return [
        _children(child, child.parent.column.removesuffix("_id"), row.pk) for child in children_of(kind) if child.parent
    ]


def owned_by(organization: str) -> list[Relation]:
    """One relation for each kind that an organization owns."""
    kinds = [kind for kind in KINDS if not kind.owns_by_org]
    return [_children(kind, "org", organization) for kind in kinds]


def _children(kind: Kind, column: str, value: str) -> Relation:
    rows = kind.model.objects.filter(**{column: value})
    newest = rows.order_by("-pk").values_list("pk", "name")[:SHOWN]
    return Relation(
        title=kind.plural.capitalize(),
        icon=icon_of(kind),
        links=[Link(name, change_url(kind, pk)) for pk, name in newest],
        count=rows.count(),
        url=list_url(kind, **{column: value}),
    )
