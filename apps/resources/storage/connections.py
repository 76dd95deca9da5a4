"""The connection of a thread to the database: it lives as long as the thread, or is handed on where that often waits.

Opening an SQLite file costs 1.5 ms, most of it for reading what tables there are: a fourth of a run that is followed.
So who needs a connection for a moment borrows one, and leaves it for the next. A PostgreSQL server may have been
restarted meanwhile: its connections are closed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

MOST_KEPT: Final = 4
MOST_AT_ONCE: Final = 32
"""Streams that ask at the same time: one change may be told to hundreds, and a PostgreSQL server takes a hundred
connections in all unless it is told otherwise."""

_room = threading.Semaphore(MOST_AT_ONCE)
_kept: deque[BaseDatabaseWrapper] = deque()
_lock = threading.Lock()


def drop_if_broken() -> None:
    """After an error: have the next statement of this thread connect again, unless the connection still works."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.errors_occurred:
        database.close_if_unusable_or_obsolete()


def borrow() -> None:
    """Have this thread use a connection that another has given back, if there is one and it has none open itself."""
    own = connections[DEFAULT_DB_ALIAS]
    if own.connection is None:
        with suppress(IndexError):
            kept = _kept.pop()
            if kept.get_connection_params() == own.get_connection_params():
                connections[DEFAULT_DB_ALIAS] = kept
            else:  # as tests have it: this process was given another database
                kept.close()


def give_back() -> None:
    """End with the connection of this thread, which needs none for now: whoever borrows next has it, or it closes."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        return
    is_sound = database.vendor == "sqlite" and not (database.in_atomic_block or database.errors_occurred)
    with _lock:
        if is_sound and len(_kept) < MOST_KEPT:
            if not database.allow_thread_sharing:
                database.inc_thread_sharing()
            del connections[DEFAULT_DB_ALIAS]
            _kept.append(database)
            return
    database.close()


@contextmanager
def for_a_moment() -> Iterator[None]:
    """A connection for a thread of a stream. Never within another moment, nor while a client takes what it is told."""
    with _room:
        borrow()
        try:
            yield
        finally:
            give_back()


def close_kept() -> None:
    """Close what was given back and nobody has borrowed."""
    with suppress(IndexError):
        while True:
            _kept.pop().close()
