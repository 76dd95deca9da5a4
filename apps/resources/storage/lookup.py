"""Finding stored resources: by id, by reference, page by page.

`visible` is the only way to their rows, for pages and single look-ups alike. What looks past it by a faster statement
does so only for callers whose sight nothing limits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.db.transaction import get_connection

from apps.resources.base import OwnerScope, Revision
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.json_value import Json
from apps.resources.kind import Identity, Kind, Row
from apps.resources.registry import BY_NUMBER, KINDS, ORGANIZATION
from apps.resources.storage.statements import fetch_row, find

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100
# Of all envelopes of a page: gRPC clients take 4 MiB unless they are told otherwise. One that is larger stands alone.
PAGE_BYTES = 3 * 2**20
ROWS_AT_ONCE = 20
# SQLite binds at most 32,766 values in a statement.
IDS_PER_QUERY = 10_000


@dataclass(frozen=True)
class Reference:
    """ApiResourceReference of the contract; zero values mean "not given"."""

    slug: str
    owner_scope: int = 0
    org: str = ""
    kind_number: int = 0
    version: str = ""

    @classmethod
    def from_spec(cls, value: dict[str, Json]) -> Reference:
        """One that stands in a spec, where the kind and the version do not matter."""
        scope = OwnerScope[value.get("scope", "unspecified").upper()]
        return cls(value.get("slug", ""), scope, value.get("org", ""))


@dataclass(frozen=True)
class Page:
    """One page of serialized envelopes, newest first; `next_token` is empty on the last one."""

    snapshots: list[bytes]
    next_token: str


def visible(kind: Kind[Row], caller: Caller) -> QuerySet[Row]:
    """The rows of a kind that `caller` may see."""
    rows: QuerySet[Row] = kind.model.objects.all()
    return rows if caller.sight is None else rows.filter(caller.sight(kind.name))


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
    if reference.version in {"", "latest", version_id}:
        return snapshot
    revision = find_revision(resource_id, reference.version)
    if revision is None:
        raise NotFound(kind.name, f"{reference.slug}@{reference.version}")
    return bytes(revision.snapshot)


def find_revision(resource_id: str, version_id: str) -> Revision | None:
    """A version of a resource that whoever asks has found already."""
    return Revision.objects.filter(resource_id=resource_id, version_id=version_id).first()


def find_by_reference(kind: Kind, reference: Reference, caller: Caller) -> tuple[str, str, bytes] | None:
    """(id, version id, envelope) of what `reference` names, or None."""
    if not reference.slug:
        raise InvalidInput.at("slug", "is required")
    if reference.kind_number not in {0, kind.number}:
        other = BY_NUMBER.get(reference.kind_number)
        raise InvalidInput.at("kind", f"is {other.name if other else reference.kind_number}, but this is {kind.name}")
    rows = visible(kind, caller).filter(slug=reference.slug)
    if reference.owner_scope:
        rows = rows.filter(owner_scope=reference.owner_scope)
    if reference.org:
        rows = rows.filter(Q(org=reference.org) | Q(owner_scope=OwnerScope.PLATFORM))
    found = list(rows.values_list("id", "version_id", "snapshot", "org", "owner_scope")[:IDS_PER_QUERY])
    own_org = reference.org or caller.org
    nearest = sorted(found, key=lambda row: (row[3] != own_org, row[4] == OwnerScope.PLATFORM))
    if not nearest or (not reference.org and nearest[0][3] not in {own_org, ""}):
        return None
    resource_id, version_id, snapshot, *_ = nearest[0]
    return resource_id, version_id, bytes(snapshot)


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
    rows = _locked(visible(kind, caller)).order_by("pk")  # whoever locks several does so in one order
    return {ids[row.pk]: row for some in chunks(sorted(ids)) for row in rows.filter(pk__in=some)}


def _locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Outside a transaction there is nothing to lock them for, and Django refuses to."""
    return rows.select_for_update() if get_connection().in_atomic_block else rows


def existing_organizations(slugs: Collection[str]) -> Collection[str]:
    """Those of `slugs` that are organizations, and stay so until the transaction under way ends."""
    return {slug for (slug,) in find(ORGANIZATION.model, ("slug",), "slug", [*slugs], keep=True)} if slugs else set()


def rows_by_id(kind: Kind[Row], ids: Iterable[str], caller: Caller) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for some in chunks(sorted(set(ids))):
        found.update(visible(kind, caller).in_bulk(some))
    return found


def as_stored(_resource_id: str, snapshot: bytes) -> bytes:
    """The envelope of a row whose snapshot is all there is to say."""
    return snapshot


def list_page(
    kind: Kind,
    rows: QuerySet[Any],
    *,
    page_size: int,
    page_token: str,
    columns: Sequence[str] = (),
    envelope: Callable[..., bytes] = as_stored,
) -> Page:
    """A page of `rows`, newest first, by keyset: its cost does not depend on the table's size.

    `page_size` 0 means 50; a page of large envelopes ends where a message is full. `envelope` makes the envelope of a
    row from its id, its snapshot and the further `columns`. Raises InvalidInput for a size outside 0..100 and for a
    token that this server did not issue for this kind.
    """
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidInput.at("page_size", f"must be 1 to {MAX_PAGE_SIZE}, got {page_size}")
    size = page_size or DEFAULT_PAGE_SIZE
    if page_token:
        rows = rows.filter(pk__lt=_after(kind, page_token))
    found = rows.order_by("-pk").values_list("pk", "snapshot", *columns)[: size + 1]
    page: list[bytes] = []
    room, last = PAGE_BYTES, ""
    for pk, snapshot, *more in found.iterator(ROWS_AT_ONCE):
        content = envelope(pk, bytes(snapshot), *more) if len(page) < size else b""
        room -= len(content)
        if page and (not content or room < 0):
            return Page(page, _signer(kind).sign(last))
        page.append(content)
        last = pk
    return Page(page, "")


def _after(kind: Kind, page_token: str) -> str:
    try:
        return _signer(kind).unsign(page_token)
    except signing.BadSignature:
        raise InvalidInput.at("page_token", "was not issued by this server for this list") from None


def _signer(kind: Kind) -> signing.Signer:
    return signing.Signer(salt=f"page.{kind.name}")


def chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    """`values` in parts that fit into one statement."""
    return (values[start : start + IDS_PER_QUERY] for start in range(0, len(values), IDS_PER_QUERY))
