"""Looking for what has failed since the last look, and taking what is to be told: one transaction each.

The position in the journal and what was gathered are one row, so nothing is forgotten or told twice by whoever dies
between two looks; where several processes look, that row is locked by one of them.
"""

from __future__ import annotations

import logging

from apps.notices.gathering import Memory, Parcel
from apps.resources.errors import PositionGone
from apps.resources.executions.endings import ended_after
from apps.resources.identity import new_id
from apps.resources.notice_book import NoticeBook
from apps.resources.storage import journal
from apps.resources.storage.journal import Position
from apps.resources.storage.transaction import repeatable, write_transaction

logger = logging.getLogger(__name__)

NAME = "runs"
PREFIX = "ntf"


def forget() -> None:
    """Nobody is told any more: who wants to be told later is told of what fails from then on."""
    if NoticeBook.objects.filter(pk=NAME).exists():
        with write_transaction():
            NoticeBook.objects.filter(pk=NAME).delete()


def look(channels: list[str], now: float, *, with_recovery: bool = True) -> list[Parcel]:
    """What is to be delivered now by whoever asks. It is asked for again where `settle` does not follow."""
    return _take(channels, now, with_recovery=with_recovery) if _has_news(now) else []


def _has_news(now: float) -> bool:
    """Looked at without a lock: at most times there is nothing."""
    book = NoticeBook.objects.filter(pk=NAME).first()
    if book is None or Memory.from_json(book.content, now).has_work(now):
        return True
    return bool(journal.read_after(Position.parse(book.position)))


@repeatable
def _take(channels: list[str], now: float, *, with_recovery: bool) -> list[Parcel]:
    with write_transaction():
        book = NoticeBook.objects.select_for_update().filter(pk=NAME).first()
        if book is None:
            NoticeBook.objects.get_or_create(pk=NAME, defaults={"position": str(journal.newest())})
            return []
        memory = Memory.from_json(book.content, now)
        endings, position = _since(book)
        for ending in endings:
            memory.note(ending, now, with_recovery=with_recovery)
        memory.pack(new_id(PREFIX), channels, now)
        taken = memory.take(now)
        book.position, book.content = str(position), memory.as_json()
        book.save()
        return taken


@repeatable
def settle(parcel: Parcel, left: list[str], now: float) -> None:
    """Note that all channels but `left` have taken it."""
    with write_transaction():
        book = NoticeBook.objects.select_for_update().filter(pk=NAME).first()
        if book is None:
            return
        memory = Memory.from_json(book.content, now)
        if memory.settle(parcel.id, left, now):
            logger.error("notification %s is given up: %s", parcel.id, ", ".join(left))
        book.content = memory.as_json()
        book.save(update_fields=["content"])


def _since(book: NoticeBook):  # type: ignore[no-untyped-def]  # as `ended_after`
    try:
        return ended_after(Position.parse(book.position))
    except PositionGone:
        logger.warning("the journal does not reach back to what was told last; telling of what fails from now on")
        return [], journal.newest()
