"""Finding stored resources: by id, by reference, page by page.

`visible` is the only way to their rows, for pages and single look-ups alike. What looks past it by a faster statement
does so only for callers whose sight nothing limits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.db.transaction import get_connection

from apps.resources.base import OwnerScope, Revision
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.kind import Identity, Kind, Row, SpecReference
from apps.resources.registry import BY_NUMBER, KINDS, ORGANIZATION
from apps.resources.storage.statements import fetch_row, fetch_rows, find

T = TypeVar("T")
# SQLite binds at most 32,766 values in a statement.
IDS_PER_QUERY = 10_000
NEWEST = frozenset({"", "latest"})
"""What a reference may have as version that means no older one."""
VERSION_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Reference:
    """ApiResourceReference of the contract; zero values mean "not given"."""

    slug: str
    owner_scope: int = 0
    org: str = ""
    kind_number: int = 0
    version: str = ""

    @classmethod
    def from_spec(cls, reference: SpecReference, org: str) -> Reference:
        """One that stands in a spec of a resource of `org`, where the kind does not matter."""
        value = reference.value
        scope = OwnerScope[value.get("scope", "unspecified").upper()]
        org = value.get("org", "") or ("" if scope == OwnerScope.PLATFORM else org)
        return cls(reference.slug, scope, org, version=value.get("version", ""))

    def is_elsewhere(self, org: str) -> bool:
        """Whether it says itself that what it means belongs neither to `org` nor to nobody in particular."""
        return self.owner_scope == OwnerScope.PLATFORM or self.org not in {"", org}


@dataclass(frozen=True)
class Found:
    """The id and the identity of what a reference names."""

    id: str
    identity: Identity


def visible(kind: Kind[Row], caller: Caller) -> QuerySet[Row]:
    """The rows of a kind that `caller` may see."""
    rows: QuerySet[Row] = kind.model.objects.all()
    return rows if caller.sight is None else rows.filter(caller.sight(kind.name))


def visible_to(kind: Kind[Row], condition: Q) -> QuerySet[Row]:
    """The rows of a kind that somebody may see by a condition, which is no caller's."""
    rows: QuerySet[Row] = kind.model.objects.filter(condition)
    return rows


def visible_revisions(caller: Caller) -> QuerySet[Revision]:
    """The revisions of what `caller` may see. Those of what is gone are for callers who see everything."""
    rows = Revision.objects.all()
    if caller.sight is None:
        return rows
    seen = (Q(kind=kind.name, resource_id__in=visible(kind, caller).values("pk")) for kind in KINDS)
    return rows.filter(reduce(or_, seen))


def get_row(kind: Kind[Row], resource_id: str, caller: Caller) -> Row:
    """The row, locked for the transaction where the database can. Raises NotFound."""
    row = find_row(kind, resource_id, caller)
    if row is None:
        raise NotFound(kind.name, resource_id)
    return row


def find_row(kind: Kind[Row], resource_id: str, caller: Caller) -> Row | None:
    """As `get_row`, also outside a transaction; None where it finds nothing."""
    if caller.sight is None:
        return fetch_row(kind.model, resource_id)
    return _locked(visible(kind, caller)).filter(pk=resource_id).first()


def read_row(kind: Kind[Row], resource_id: str, caller: Caller) -> Row | None:
    """The row as it is now, for whoever changes nothing: it is not locked. None where there is none to see."""
    if caller.sight is None:
        return fetch_row(kind.model, resource_id, lock=False)
    return visible(kind, caller).filter(pk=resource_id).first()


def get_snapshot(kind: Kind, resource_id: str, caller: Caller) -> bytes:
    """The stored envelope, serialized. Raises NotFound."""
    return bytes(get_values(kind, resource_id, ("snapshot",), caller)[0])


def get_values(kind: Kind, resource_id: str, names: tuple[str, ...], caller: Caller) -> tuple[Any, ...]:
    """These columns of a row, which are plain: texts, numbers, bytes. Raises NotFound."""
    if caller.sight is None:
        found = find(kind.model, names, "id", [resource_id])
    else:
        found = list(visible(kind, caller).filter(pk=resource_id).values_list(*names))
    if not found:
        raise NotFound(kind.name, resource_id)
    return found[0]


def must_exist(kind: Kind, resource_id: str, caller: Caller) -> None:
    """Raise NotFound unless `caller` sees it."""
    get_values(kind, resource_id, ("id",), caller)


def exists(kind: Kind, resource_id: str, caller: Caller) -> bool:
    return visible(kind, caller).filter(pk=resource_id).exists()


def get_by_reference(kind: Kind, reference: Reference, caller: Caller) -> bytes:
    """The stored envelope that `reference` names, or the version of it that it asks for.

    Scope and organization narrow where they are given; otherwise the caller's organization is tried
    first, then the platform. Raises InvalidInput for a reference without slug or of another kind,
    NotFound.
    """
    row = find_by_reference(kind, reference, caller)
    if row is None:
        raise NotFound(kind.name, reference.slug)
    resource_id, version_id, snapshot = row
    if reference.version in {*NEWEST, version_id}:
        return snapshot
    revision = find_revision(resource_id, find_version(kind, resource_id, reference.version) or reference.version)
    if revision is None:
        raise NotFound(kind.name, f"{reference.slug}@{reference.version}")
    return bytes(revision.snapshot)


def find_revision(resource_id: str, version_id: str) -> Revision | None:
    """A version of a resource that whoever asks has found already."""
    return Revision.objects.filter(resource_id=resource_id, version_id=version_id).first()


def find_version(kind: Kind, resource_id: str, wanted: str) -> str:
    """The id of the newest version with the hash or the tag `wanted`; empty where there is none."""
    if kind.versions is None:
        return ""
    column = "version_hash" if VERSION_HASH.fullmatch(wanted) else "tag"
    rows: QuerySet[Any] = QuerySet(kind.versions).filter(**{f"{kind.noun}_id": resource_id, column: wanted})
    return rows.order_by("-number").values_list("version_id", flat=True).first() or ""


def find_by_reference(kind: Kind, reference: Reference, caller: Caller) -> tuple[str, str, bytes] | None:
    """(id, version id, envelope) of what `reference` names, or None."""
    if not reference.slug:
        raise InvalidInput.at("slug", "is required")
    if reference.kind_number not in {0, kind.number}:
        other = BY_NUMBER.get(reference.kind_number)
        raise InvalidInput.at("kind", f"is {other.name if other else reference.kind_number}, but this is {kind.name}")
    # Few rows, however many organizations have one of that slug: both columns lead the key of identities.
    rows = visible(kind, caller).filter(slug=reference.slug, org__in=[reference.org or caller.org, ""])
    found = rows.values_list("owner_scope", "org", "slug", "id", "version_id", "snapshot")
    nearest = _nearest(((Identity(*row[:3]), row[3:]) for row in found), reference, caller)
    return None if nearest is None else (nearest[0], nearest[1], bytes(nearest[2]))


def find_named(kind: Kind[Row], reference: Reference, caller: Caller) -> Row | None:
    """The row that `reference` names, as `find_by_reference` finds it."""
    found = find_by_reference(kind, reference, caller) if reference.slug else None
    return find_row(kind, found[0], caller) if found else None


def resolve(kind: Kind, references: Iterable[Reference], caller: Caller) -> dict[Reference, Found]:
    """What each of `references` names, as `find_by_reference` does, in one statement for some thousands of them."""
    wanted = [*references]
    orgs = sorted({"", *(reference.org or caller.org for reference in wanted)})
    by_slug: dict[str, list[tuple[Identity, str]]] = {}
    for slugs in chunks(sorted({reference.slug for reference in wanted} - {""})):
        rows = visible(kind, caller).filter(slug__in=slugs)
        # Whoever asks for several organizations at once asks for few.
        for scope, org, slug, pk in rows.filter(org__in=orgs).values_list("owner_scope", "org", "slug", "id"):
            by_slug.setdefault(slug, []).append((Identity(scope, org, slug), pk))
    found: dict[Reference, Found] = {}
    for reference in wanted:
        rows_of_slug = by_slug.get(reference.slug, ())
        nearest = _nearest(((identity, Found(pk, identity)) for identity, pk in rows_of_slug), reference, caller)
        if nearest is not None:
            found[reference] = nearest
    return found


def _nearest(rows: Iterable[tuple[Identity, T]], reference: Reference, caller: Caller) -> T | None:
    """Of the rows with its slug, the one that a reference means: in the organization first, then on the platform."""
    own_org = reference.org or caller.org
    fitting = [
        (identity, row)
        for identity, row in rows
        if reference.owner_scope in {0, identity.owner_scope}
        and (
            identity.org == own_org
            or identity.owner_scope == OwnerScope.PLATFORM
            or not (reference.org or identity.org)
        )
    ]
    if not fitting:
        return None
    return min(fitting, key=lambda each: (each[0].org != own_org, each[0].owner_scope))[1]


def rows_by_identity(kind: Kind[Row], identities: Iterable[Identity], caller: Caller) -> dict[Identity, Row]:
    """Rows with these identities, locked for the transaction, if there is one, where the database can."""
    wanted = set(identities)
    ids: dict[str, Identity] = {}
    for some in chunks(sorted({identity.slug for identity in wanted})):
        for pk, *named in find(kind.model, ("id", "owner_scope", "org", "slug"), "slug", some):
            if (identity := Identity(*named)) in wanted:
                ids[pk] = identity
    if not ids:
        return {}
    if caller.sight is None:
        return {ids[row.pk]: row for some in chunks(sorted(ids)) for row in fetch_rows(kind.model, some)}
    rows = _locked(visible(kind, caller)).order_by("pk")  # whoever locks several does so in one order
    return {ids[row.pk]: row for some in chunks(sorted(ids)) for row in rows.filter(pk__in=some)}


def _locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Outside a transaction there is nothing to lock them for, and Django refuses to."""
    return rows.select_for_update() if get_connection().in_atomic_block else rows


def existing_organizations(slugs: Collection[str]) -> Collection[str]:
    """Those of `slugs` that are organizations, and stay so until the transaction under way ends."""
    return {slug for (slug,) in find(ORGANIZATION.model, ("slug",), "slug", [*slugs], keep=True)} if slugs else set()


def find_by_identity(kind: Kind, identity: Identity, caller: Caller) -> str:
    """The id of the resource with this identity; empty where `caller` sees none."""
    named = {"owner_scope": identity.owner_scope, "org": identity.org, "slug": identity.slug}
    return visible(kind, caller).filter(**named).values_list("pk", flat=True).first() or ""


def organization_id(slug_or_id: str) -> str:
    """Of the organization with this slug or id, whoever sees it; empty where there is none."""
    for column in ("slug", "id"):
        if found := find(ORGANIZATION.model, ("id",), column, [slug_or_id]):
            return str(found[0][0])
    return ""


def rows_by_id(kind: Kind[Row], ids: Iterable[str], caller: Caller) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for some in chunks(sorted(set(ids))):
        found.update(visible(kind, caller).in_bulk(some))
    return found


def chunks(values: Sequence[str], size: int = 0) -> Iterable[Sequence[str]]:
    """`values` in parts of `size`; 0 stands for as many as fit into one statement."""
    size = size or IDS_PER_QUERY
    return (values[start : start + size] for start in range(0, len(values), size))
