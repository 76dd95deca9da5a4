"""Page after page of stored resources, newest first, as envelopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import QuerySet

from apps.resources.errors import InvalidInput
from apps.resources.kind import Kind
from apps.resources.storage.statements import find_newest
from apps.resources.storage.terms import newest_with_terms

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100
# Of all envelopes of a page: gRPC clients take 4 MiB unless they are told otherwise. One that is larger stands alone.
PAGE_BYTES = 3 * 2**20
ROWS_AT_ONCE = 20


@dataclass(frozen=True)
class Page:
    """One page of serialized envelopes, newest first; `next_token` is empty on the last one."""

    snapshots: list[bytes]
    next_token: str


def as_stored(_resource_id: str, snapshot: bytes) -> bytes:
    """The envelope of a row whose snapshot is all there is to say."""
    return bytes(snapshot)


def list_page(
    kind: Kind,
    rows: QuerySet[Any],
    *,
    page_size: int,
    page_token: str,
    terms: Sequence[str] = (),
    columns: Sequence[str] = ("snapshot",),
    envelope: Callable[..., bytes] = as_stored,
) -> Page:
    """A page of `rows`, newest first, by keyset: its cost does not depend on the table's size.

    Of those that carry all of `terms`, with these or none. As `list_all` otherwise.
    """

    def newest(before: str, most: int) -> Iterable[tuple[Any, ...]]:
        found = rows
        if terms:
            found = newest_with_terms(rows, terms, most, before)
        elif before:
            found = rows.filter(pk__lt=before)
        return found.order_by("-pk").values_list("pk", *columns)[:most].iterator(ROWS_AT_ONCE)

    return _page_of(kind, newest, page_size=page_size, page_token=page_token, envelope=envelope)


def list_all(
    kind: Kind,
    org: str,
    *,
    page_size: int,
    page_token: str,
    columns: tuple[str, ...] = ("snapshot",),
    envelope: Callable[..., bytes] = as_stored,
) -> Page:
    """As `list_page`, of all rows of an organization, or of all there are; for callers whose sight nothing limits."""

    def newest(before: str, most: int) -> Iterable[tuple[Any, ...]]:
        of = {"org": org} if org else {}
        return find_newest(kind.model, columns, of, before=before, most=most, at_once=ROWS_AT_ONCE)

    return _page_of(kind, newest, page_size=page_size, page_token=page_token, envelope=envelope)


def _page_of(
    kind: Kind,
    newest: Callable[[str, int], Iterable[tuple[Any, ...]]],
    *,
    page_size: int,
    page_token: str,
    envelope: Callable[..., bytes],
) -> Page:
    """A page of what `newest` finds: ids and columns of so many rows before an id, or of the first ones before "".

    `page_size` 0 means 50; a page of large envelopes ends where a message is full. `envelope` makes the envelope of a
    row from its id and its columns. Raises InvalidInput for a size outside 0..100 and for a token that this server did
    not issue for this kind.
    """
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidInput.at("page_size", f"must be 1 to {MAX_PAGE_SIZE}, got {page_size}")
    size = page_size or DEFAULT_PAGE_SIZE
    before = _after(kind, page_token) if page_token else ""
    page: list[bytes] = []
    room, last = PAGE_BYTES, ""
    for pk, *values in newest(before, size + 1):
        content = envelope(pk, *values) if len(page) < size else b""
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
