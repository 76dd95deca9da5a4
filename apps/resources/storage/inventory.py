"""What projects own: look-ups, and the rows that say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Count, Q, QuerySet

from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import NotFound
from apps.resources.kind import Identity, Kind
from apps.resources.project import InventoryEntry, Project
from apps.resources.registry import BY_MODEL, BY_NAME, KINDS
from apps.resources.storage.belongings import kinds_below
from apps.resources.storage.lookup import chunks, visible
from apps.resources.storage.statements import delete_rows, find, insert_values

Row = TypeVar("Row", bound=Resource)


@dataclass(frozen=True)
class Owned:
    """A resource that a project owns, as little of it as a list needs."""

    kind: Kind
    pk: str
    identity: Identity

    @property
    def slug(self) -> str:
        return self.identity.slug

    @property
    def org(self) -> str:
        return self.identity.org


def visible_projects(caller: Caller) -> QuerySet[Project]:
    """The projects of the organizations that `caller` may see."""
    rows = Project.objects.all()
    if caller.sight is None:
        return rows
    return rows.filter(org__in=visible(BY_NAME["Organization"], caller).values("slug"))


def with_counts(projects: QuerySet[Project]) -> QuerySet[Any]:  # Any: rows with an attribute more
    """Each with how many resources it owns, as `owned`."""
    return projects.annotate(owned=Count("inventory"))


def get_project(org: str, name: str, caller: Caller) -> Project:
    """Raises NotFound."""
    found = visible_projects(caller).filter(org=org, name=name).first()
    if found is None:
        raise NotFound("Project", name)
    return found


def project_of(resource_id: str, caller: Caller) -> Project | None:
    """The project that owns a resource."""
    return visible_projects(caller).filter(inventory__resource_id=resource_id).first()


def projects_of(resource_ids: Collection[str]) -> dict[str, Project]:
    """The projects that own these resources, by the ids of those that are owned. For what works on behalf of them."""
    if not resource_ids:
        return {}
    entries = InventoryEntry.objects.filter(resource_id__in=resource_ids).select_related("project")
    return {entry.resource_id: entry.project for entry in entries}


def in_project(rows: QuerySet[Row], project: Project) -> QuerySet[Row]:
    """Those of `rows` that a project owns, and those that belong to what it owns: runs of its agents, say."""
    kind = BY_MODEL[rows.model]
    entries = InventoryEntry.objects.filter(project=project).values("resource_id")
    paths = [path for above in KINDS for below, path in kinds_below(above) if below is kind]
    return rows.filter(reduce(or_, (Q(**{f"{path}__in": entries}) for path in ("pk", *paths))))


def owned_by(project: Project, caller: Caller) -> list[Owned]:
    """What a project owns and `caller` may see, in an order in which it can be deleted: children first."""
    return looked_up(entries_of(project), caller)


def entries_of(project: Project) -> dict[str, str]:
    """The names of the kinds of what a project owns, by id."""
    return dict(find(InventoryEntry, ("resource_id", "kind"), "project_id", [project.pk]))


def looked_up(entries: Mapping[str, str], caller: Caller) -> list[Owned]:
    """What `caller` may see of these entries, children first."""
    found = []
    for kind, ids in _by_kind(entries):
        for some in chunks(ids):
            rows = visible(kind, caller).filter(pk__in=some).order_by("slug", "pk")
            named = rows.values_list("pk", "owner_scope", "org", "slug")
            found += [Owned(kind, pk, Identity(scope, org, slug)) for pk, scope, org, slug in named]
    return found


def lock_owned(project: Project, owned: Iterable[Owned], caller: Caller) -> list[Resource]:
    """The rows of what is still there, and still the project's, locked for the transaction where the database can."""
    rows: list[Resource] = []
    for kind, ids in _by_kind({each.pk: each.kind.name for each in owned}):
        for some in chunks(sorted(ids)):
            rows += visible(kind, caller).select_for_update().order_by("pk").filter(pk__in=some)
    # Whoever takes one over has locked it meanwhile.
    owners = owners_of([row.pk for row in rows])
    return [row for row in rows if owners.get(row.pk) == project.pk]


def owners_of(resource_ids: Sequence[str]) -> dict[str, int]:
    """The keys of the projects that own these resources, by id."""
    found: dict[str, int] = {}
    for some in chunks(resource_ids):
        found.update(find(InventoryEntry, ("resource_id", "project_id"), "resource_id", some))
    return found


def names_of(projects: Collection[int]) -> dict[int, str]:
    """Names of projects, by their keys."""
    return dict(Project.objects.filter(pk__in=projects).values_list("pk", "name"))


def owns_something(project: Project) -> bool:
    return InventoryEntry.objects.filter(project=project).exists()


def lock_project(org: str, name: str) -> Project | None:
    """The project, locked for the transaction where the database can."""
    return Project.objects.select_for_update().filter(org=org, name=name).first()


def add_project(org: str, name: str, actor: str) -> None:
    """Make a project, unless somebody else just has."""
    made = Project(org=org, name=name, created_by=actor, updated_by=actor)
    Project.objects.bulk_create([made], ignore_conflicts=True)


def store_project(project: Project, *columns: str) -> None:
    project.save(update_fields=columns)


def delete_project(project: Project) -> None:
    project.delete()


def delete_projects_of(org: str) -> None:
    """Those of an organization that is deleted."""
    Project.objects.filter(org=org).delete()


def add_entries(project: Project, owned: Iterable[tuple[Kind, str]]) -> None:
    """Note that a project owns these resources, which nobody owns."""
    entries = [{"resource_id": pk, "kind": kind.name, "project_id": project.pk} for kind, pk in owned]
    if entries:
        insert_values(InventoryEntry, entries)


def delete_entries(resource_ids: Sequence[str]) -> None:
    """Note that nobody owns these resources."""
    for some in chunks(resource_ids):
        delete_rows(InventoryEntry, "resource_id", some)


def _by_kind(entries: Mapping[str, str]) -> Iterator[tuple[Kind, list[str]]]:
    """(kind, ids) of names of kinds by id, kinds before those that they belong to."""
    ids: dict[str, list[str]] = {}
    for resource_id, name in entries.items():
        ids.setdefault(name, []).append(resource_id)
    for kind in reversed(KINDS):
        if kind.name in ids:
            yield kind, ids[kind.name]
