"""The journal of what was written: noted with each write, read by those who watch.

A position must never lie behind something that is committed later. Where one at a time writes (SQLite), keys are in
the order of commits. On PostgreSQL they are drawn before, so what is noted carries the number of its transaction, and
is read only once every transaction with a smaller number that could write here has ended: then nothing can come
before it any more. No row and no lock is shared by those who write; a transaction that takes long delays those who
watch, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Func, QuerySet
from django.db.models.fields import BigIntegerField
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from apps.resources.errors import InvalidInput, PositionGone
from apps.resources.journal import ResourceChange
from apps.resources.storage.statements import fetch_first, insert_values
from apps.resources.storage.transaction import write_transaction

KEPT = timedelta(days=7)
AT_ONCE = 1000
"""Rows that are read, or forgotten, in one statement."""
COLUMNS = ("transaction", "id", "at", "kind", "resource_id", "event")


class Position(NamedTuple):
    """Of one row of the journal. `at` tells rows of one place apart, should the database have been brought back."""

    transaction: int
    id: int
    at: int

    @classmethod
    def parse(cls, text: str) -> Position:
        """Raises InvalidInput."""
        parts = text.split(".")
        if len(parts) != len(cls._fields) or not all(part.isascii() and part.isdigit() for part in parts):
            raise InvalidInput.at("position", "was not issued by this server")
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return ".".join(map(str, self))


class Noted(NamedTuple):
    """A row of the journal."""

    position: Position
    kind: str
    resource_id: str
    event: str


class OldestUnderWay(Func):
    """The smallest number of a transaction that has not ended and may still write here.

    The numbers are those of the whole server: what is under way in another of its databases is let pass. A transaction
    counts until it is seen to belong to another database, so nothing is passed over; one that is prepared counts, too.
    """

    template = """(
        SELECT coalesce(min(under_way::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
        FROM (SELECT pg_snapshot_xip(pg_current_snapshot()) AS under_way) AS transactions
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'transactionid' AND granted AND mode = 'ExclusiveLock'
            AND transactionid = under_way::xid
            AND datid <> (SELECT oid FROM pg_database WHERE datname = current_database())
        ))"""
    output_field = BigIntegerField()


def note(changes: Iterable[tuple[str, str, str]], at: datetime) -> None:
    """Note (kind, id, event) of what the transaction under way writes."""
    rows: list[Mapping[str, Any]] = [
        {"kind": kind, "resource_id": resource_id, "event": event, "at": at} for kind, resource_id, event in changes
    ]
    if rows:
        insert_values(ResourceChange, rows)


def newest() -> Position:
    """Whoever watches from here on misses nothing that is not committed yet."""
    row = fetch_first(_from_the_newest)
    return _position(*row) if row else Position(0, 0, 0)


def read_after(position: Position) -> list[Noted]:
    """What was noted after it, in order, as far as nothing can come in between; the first AT_ONCE."""
    if _are_numbers_apart():
        place = Tuple(F("transaction"), F("id"))
        rows = _settled().filter(TupleGreaterThan(place, (position.transaction, position.id)))
    else:
        rows = _settled().filter(id__gt=position.id)
    found = rows.order_by(*_order()).values_list(*COLUMNS)[:AT_ONCE]
    return [Noted(_position(*row[:3]), *row[3:]) for row in found]


def must_know(position: Position) -> None:
    """Raise PositionGone unless the journal still reaches back to it, and is the one that it is of."""
    row = ResourceChange.objects.filter(pk=position.id, transaction=position.transaction).values_list("at").first()
    if row is None:
        if position == newest():  # nothing was ever written
            return
        raise PositionGone
    if microseconds(row[0]) != position.at:
        raise PositionGone


def forget(before: datetime) -> int:
    """Forget what was noted before; the newest row stays. How many rows went.

    Looked for at the beginning of the journal, AT_ONCE rows at a time, until none there is so old: an index by time
    would be kept up by every write, for this alone. A clock that was set back has some rows stay for longer.
    """
    gone = 0
    while ids := _oldest(before):
        with write_transaction():
            gone += ResourceChange.objects.filter(pk__in=ids).delete()[0]
    return gone


def _oldest(before: datetime) -> list[int]:
    """Those of the first AT_ONCE rows that were noted before; without the newest row of all."""
    rows = ResourceChange.objects.order_by(*_order()).values_list("pk", "at")[: AT_ONCE + 1]
    return [pk for pk, at in list(rows)[:-1] if at < before]


def _are_numbers_apart() -> bool:
    """Whether rows are ordered by the numbers of transactions before their own: not where those are in order anyway."""
    return connection.vendor == "postgresql"


def _order() -> tuple[str, ...]:
    return ("transaction", "id") if _are_numbers_apart() else ("id",)


def _settled() -> QuerySet[ResourceChange]:
    """The rows before which nothing can come any more."""
    rows = ResourceChange.objects.all()
    return rows.filter(transaction__lt=OldestUnderWay()) if _are_numbers_apart() else rows


def _from_the_newest() -> QuerySet[ResourceChange, Any]:
    return _settled().order_by(*(f"-{name}" for name in _order())).values_list("transaction", "id", "at")


def _position(transaction: int, row_id: int, at: datetime) -> Position:
    return Position(transaction, row_id, microseconds(at))


def microseconds(at: datetime) -> int:
    """Since the epoch: as `Position.at` has it."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond
