"""One process at a time migrates a database; the others wait, and find that there is nothing left to do."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection

from apps.resources.storage.failures import storage_error
from apps.resources.storage_errors import StorageBusy

PATIENCE_SECONDS = 600.0
"""Somebody who migrates for longer is stuck, or has very much to do: whoever waits is told to come again."""
LOOK_EVERY_SECONDS = 0.1
LOCK_KEY = 0x5769_6D69  # of PostgreSQL's advisory locks: any number that nobody else in this database takes
LOCK_TIMEOUT = "5s"
"""For locks on tables, too: whoever queues longer for one keeps all who come later from it."""


@contextmanager
def one_at_a_time(tell_waiting: Callable[[], object]) -> Iterator[None]:
    """`tell_waiting` is called once if somebody else is at it. Raises StorageBusy after ten minutes."""
    hold = _advisory_lock if connection.vendor == "postgresql" else _file_lock
    with hold(tell_waiting):
        yield


@contextmanager
def _file_lock(tell_waiting: Callable[[], object]) -> Iterator[None]:
    database = str(connection.settings_dict["NAME"])
    if database.startswith((":memory:", "file:")):  # of this process alone
        yield
        return
    path = Path(database).with_suffix(".migrating")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:  # the disk is full or may only be read, as the database will say
        yield
        return
    try:
        _wait_for(lambda: _has_locked(descriptor), tell_waiting)
        yield
    finally:
        os.close(descriptor)


def _has_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(LOOK_EVERY_SECONDS)
        return False
    return True


@contextmanager
def _advisory_lock(tell_waiting: Callable[[], object]) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        _wait_for(_has_advisory_lock, tell_waiting)
        # A migration may take as long as it takes.
        cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
    try:
        yield
    finally:
        connection.close()  # which lets go of the lock, and forgets the settings


def _has_advisory_lock() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
    except DatabaseError as error:
        if isinstance(storage_error(error), StorageBusy):
            return False
        raise
    return True


def _wait_for(has_locked: Callable[[], bool], tell_waiting: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    is_told = False
    while not has_locked():
        if time.monotonic() > deadline:
            raise StorageBusy
        if not is_told:
            tell_waiting()
            is_told = True
