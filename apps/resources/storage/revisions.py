"""Finding revisions: of one resource, by number."""

from __future__ import annotations

from collections.abc import Collection

from django.core import signing
from django.db.models import QuerySet

from apps.resources.base import Revision
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound, RevisionNotFound
from apps.resources.kind import Kind
from apps.resources.registry import ORGANIZATION
from apps.resources.storage.lookup import visible, visible_revisions
from apps.resources.storage.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE


def next_number(resource_id: str) -> int:
    """Of the first revision of a resource that is about to be stored under this id, which may be "": to be chosen.

    One that is stored anew under its old id goes on from where it was deleted.
    """
    return newest_number(resource_id) + 1 if resource_id else 1


def newest_number(resource_id: str) -> int:
    """0 where there is none."""
    numbers = Revision.objects.filter(resource_id=resource_id).order_by("-number")
    return numbers.values_list("number", flat=True).first() or 0


def revisions_of(kind: Kind, resource_id: str, caller: Caller) -> QuerySet[Revision]:
    """Newest first, also of a resource that is gone."""
    return visible_revisions(caller).filter(kind=kind.name, resource_id=resource_id).order_by("-number")


def revision_page(
    kind: Kind, resource_id: str, caller: Caller, *, page_size: int, page_token: str
) -> tuple[list[Revision], str]:
    """At most `page_size` revisions (0 means 50) and the one before them, newest first; and the next page's token.

    Raises NotFound where there never was such a resource, InvalidInput for a size or a token that cannot be.
    """
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidInput.at("page_size", f"must be 1 to {MAX_PAGE_SIZE}, got {page_size}")
    size = page_size or DEFAULT_PAGE_SIZE
    rows = revisions_of(kind, resource_id, caller)
    if page_token:
        rows = rows.filter(number__lt=_number_in(page_token, resource_id))
    found = list(rows[: size + 1])
    if not (found or page_token):
        raise NotFound(kind.name, resource_id)
    return found, _signer(resource_id).sign(str(found[size - 1].number)) if len(found) > size else ""


def get_revision(kind: Kind, resource_id: str, number: int, caller: Caller) -> Revision:
    """Raises NotFound where there never was such a resource, RevisionNotFound."""
    rows = revisions_of(kind, resource_id, caller)
    found = rows.filter(number=number).first()
    if found is None:
        newest = get_newest(kind, resource_id, caller)
        raise RevisionNotFound(kind.name, resource_id, newest.slug, number, newest.number)
    return found


def get_newest(kind: Kind, resource_id: str, caller: Caller) -> Revision:
    """Raises NotFound where there never was such a resource."""
    newest = revisions_of(kind, resource_id, caller).first()
    if newest is None:
        raise NotFound(kind.name, resource_id)
    return newest


def organizations_of(kind: Kind, ids: Collection[str], caller: Caller) -> dict[str, str]:
    """The organizations of resources, also of those that are gone, by id; of organizations that `caller` sees."""
    rows = Revision.objects.filter(kind=kind.name, resource_id__in=ids)
    if caller.sight is not None:
        rows = rows.filter(org__in=visible(ORGANIZATION, caller).values("slug"))
    return dict(rows.values_list("resource_id", "org").distinct())


def _number_in(page_token: str, resource_id: str) -> int:
    try:
        return int(_signer(resource_id).unsign(page_token))
    except signing.BadSignature:
        raise InvalidInput.at("page_token", "was not issued by this server for this list") from None


def _signer(resource_id: str) -> signing.Signer:
    return signing.Signer(salt=f"revisions.{resource_id}")
