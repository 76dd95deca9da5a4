"""What refers to a resource."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import OuterRef

from apps.resources.base import Resource, StoredReference
from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME
from apps.resources.storage.belongings import MOST_COUNTED, CountSome
from apps.resources.storage.lookup import chunks, visible

MOST_USERS = 1000


def users_of(kind: Kind, row: Resource, caller: Caller, *, most: int = MOST_USERS) -> list[tuple[Kind, Resource]]:
    """The resources that refer to `row` and that `caller` sees, by kind and slug; at most so many."""
    references = StoredReference.objects.filter(
        kind=kind.name, slug=row.slug, org=row.org, owner_scope=row.owner_scope
    ).order_by("pk")
    ids: dict[str, list[str]] = {}
    for source_kind, source_id in references.values_list("source_kind", "source_id")[:most]:
        ids.setdefault(source_kind, []).append(source_id)
    return [
        (BY_NAME[name], user)
        for name, some in sorted(ids.items())
        for part in chunks(sorted(some))
        for user in visible(BY_NAME[name], caller).filter(pk__in=part).only("id", "slug", "org").order_by("slug")
    ]


def used_by_it(row: Resource, caller: Caller, *, most: int = MOST_USERS) -> list[tuple[Kind, Resource]]:
    """The resources that `row` refers to and that `caller` sees, in the order of their references; at most so many."""
    references = StoredReference.objects.filter(source_id=row.pk).order_by("pk")
    found: dict[str, tuple[Kind, Resource]] = {}
    for name, slug, org, scope in references.values_list("kind", "slug", "org", "owner_scope")[:most]:
        rows = visible(BY_NAME[name], caller).filter(slug=slug, org=org, owner_scope=scope)
        for used in rows.only("id", "slug", "org"):
            found[used.pk] = (BY_NAME[name], used)
    return list(found.values())


def count_users(kind: Kind, ids: Sequence[str], caller: Caller) -> dict[str, int]:
    """How many references lead to each of these resources, by id, whoever refers to them; each as far as a limit."""
    identity = {name: OuterRef(name) for name in ("slug", "org", "owner_scope")}
    references = StoredReference.objects.filter(kind=kind.name, **identity).order_by().values("pk")
    rows = visible(kind, caller).filter(pk__in=ids).annotate(used=CountSome(references[: MOST_COUNTED + 1]))
    return dict(rows.values_list("pk", "used"))
