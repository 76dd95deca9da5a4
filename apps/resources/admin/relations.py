"""What a resource belongs to and what belongs to it, as links with counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from apps.resources.admin.about import named, title_of, with_about
from apps.resources.admin.links import change_url, icon_of, kind_said, list_url, project_url
from apps.resources.admin.live.changes import tone
from apps.resources.admin.moments import moment
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS
from apps.resources.storage.belongings import MOST_COUNTED, count_below, count_some, kinds_below
from apps.resources.storage.inventory import project_of
from apps.resources.storage.lookup import visible
from apps.resources.storage.usage import used_by_it, users_of

SHOWN = 5
MOST_SHOWN = 20
"""Of what refers to a resource."""
PROJECT_ICON = "folder_open"


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    state: str = ""
    """Of a run: its phase."""
    when: str = ""
    """Of a run: markup of when it began."""

    @property
    def tone(self) -> str:
        return tone(self.state)


@dataclass(frozen=True)
class Relation:
    """`count` is empty for the one parent; `links` shows the newest few, `url` all of them."""

    title: str
    icon: str
    links: list[Link] = field(default_factory=list)
    count: str = ""
    url: str = ""


def parents_of(kind: Kind, row: Resource, caller: Caller) -> list[Relation]:
    """What it belongs to, what that belongs to, and so on."""
    found: list[Relation] = []
    at, of = row, kind
    while of.parent is not None:
        parent_kind = BY_NAME[of.parent.kind]
        rows = with_about(parent_kind, visible(parent_kind, caller).filter(pk=getattr(at, of.parent.column)))
        parent = rows.defer("snapshot", "spec", "secrets").first()
        if parent is None:
            break
        link = Link(title_of(parent.about, named(parent.name, parent.pk)), change_url(parent_kind, parent.pk))
        found.append(Relation(kind_said(parent_kind.name).capitalize(), icon_of(parent_kind), [link]))
        at, of = parent, parent_kind
    return found


def project_relation(row: Resource, caller: Caller) -> list[Relation]:
    """The project that owns it, if one does."""
    project = project_of(row.pk, caller)
    return [] if project is None else [Relation("Project", PROJECT_ICON, [Link(project.name, project_url(project.pk))])]


def children(kind: Kind, row: Resource, caller: Caller, *, with_runs: bool) -> list[Relation]:
    """One relation for each kind whose resources belong to one of this kind, however far down."""
    below = [(child, path) for child, path in kinds_below(kind) if with_runs or not isinstance(child, ExecutionKind)]
    return [newest_of(child, path, row.pk, caller) for child, path in below]


def counts_below(kind: Kind, ids: Sequence[str], caller: Caller) -> dict[str, str]:
    """How many resources belong to those of this kind, however far down, by what they are called."""
    return {
        child.plural if count > 1 else kind_said(child.name): _in_words(count)
        for child, count in count_below(kind, ids, caller).items()
    }


def usage(kind: Kind, row: Resource, caller: Caller) -> list[Relation]:
    """What refers to it, and what it refers to; each only where there is any."""
    found = []
    for title, icon, some in (
        ("Used by", "call_received", users_of(kind, row, caller, most=MOST_SHOWN + 1)),
        ("Uses", "call_made", used_by_it(row, caller, most=MOST_SHOWN + 1)),
    ):
        links = [
            Link(f"{kind_said(of.name)} {other.slug}", change_url(of, other.pk)) for of, other in some[:MOST_SHOWN]
        ]
        if links:
            count = str(len(some)) if len(some) <= MOST_SHOWN else f"{MOST_SHOWN}+"
            found.append(Relation(title, icon, links, count))
    return found


def owned_by(organization: str, caller: Caller) -> list[Relation]:
    """One relation for each kind that an organization owns."""
    kinds = [kind for kind in KINDS if not kind.owns_by_org]
    return [newest_of(kind, "org", organization, caller) for kind in kinds]


def ancestors(kind: Kind) -> Iterator[tuple[Kind, str]]:
    """Each kind above, with the lookup that leads there: `session__agent_instance`."""
    path: list[str] = []
    while kind.parent is not None:
        path.append(kind.parent.column.removesuffix("_id"))
        kind = BY_NAME[kind.parent.kind]
        yield kind, "__".join(path)


def newest_of(kind: Kind, lookup: str, value: str, caller: Caller) -> Relation:
    rows = visible(kind, caller).filter(**{lookup: value})
    return Relation(
        title=kind.title,
        icon=icon_of(kind),
        links=links_to(kind, with_about(kind, rows).order_by("-pk")[:SHOWN]),
        count=_counted(rows),
        url=list_url(kind, **{lookup: value}),
    )


def links_to(kind: Kind, rows: object) -> list[Link]:
    """`rows` is a query of the kind's table with `about`."""
    is_run = isinstance(kind, ExecutionKind)
    columns = ("pk", "name", "about", "created_at", *(("phase",) if is_run else ()))
    return [
        Link(
            title_of(about, named(name, pk)),
            change_url(kind, pk),
            state=Phase(phase[0]).label if phase else "",
            when=moment(created_at) if phase else "",
        )
        for pk, name, about, created_at, *phase in rows.values_list(*columns)  # type: ignore[attr-defined]  # a queryset of any table
    ]


def _counted(rows: QuerySet[Any]) -> str:
    return _in_words(count_some(rows))


def _in_words(count: int) -> str:
    return f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"
