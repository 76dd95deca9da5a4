"""What a unit tells the daemon when it cannot start, whichever unit it is."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError
from django.db.migrations.exceptions import MigrationSchemaMissing

from apps.resources.errors import AddressInUse
from apps.resources.storage_errors import StorageBusy, StorageReadOnly
from stigmer_site.supervised import Supervisor

TAKEN = AddressInUse("localhost:1", "nginx (pid 7)", hint="Stop it")


class Told:
    """The daemon's end of a unit's socket."""

    def __init__(self) -> None:
        self.channel, self.theirs = socket.socketpair()
        self.supervisor = Supervisor(self.theirs)

    def read(self) -> list[dict[str, Any]]:
        """Everything told so far."""
        self.theirs.close()
        with self.channel.makefile("rb") as lines:
            return [json.loads(line) for line in lines]


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    yield made
    made.channel.close()
    made.theirs.close()


def of_sqlite(name: str, wrapper: type[DatabaseError] = OperationalError) -> DatabaseError:
    """A database error as Django raises it, SQLite's own inside."""
    cause = sqlite3.OperationalError("what SQLite says")
    cause.sqlite_errorname = name
    error = wrapper("what Django says")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "known", "permanent"),
    [
        (TAKEN, TAKEN, False),
        (of_sqlite("SQLITE_CANTOPEN"), StorageReadOnly(), True),
        (of_sqlite("SQLITE_READONLY", MigrationSchemaMissing), StorageReadOnly(), True),
        (of_sqlite("SQLITE_BUSY"), StorageBusy(), False),
    ],
)
def test_what_keeps_a_unit_from_starting_is_told_and_ends_it(
    told: Told, error: Exception, known: Any, permanent: bool
) -> None:
    with pytest.raises(SystemExit) as ended, told.supervisor.starting():
        raise error
    assert ended.value.code == 1
    assert told.read() == [{"failed": known.message, "hint": known.hint, "permanent": permanent}]


def test_what_nobody_foresaw_is_the_units_own(told: Told) -> None:
    for error in (ValueError("a bug"), of_sqlite("SQLITE_ERROR")):
        with pytest.raises(type(error)), told.supervisor.starting():
            raise error
    assert told.read() == []


def test_what_happens_to_a_unit_that_serves_is_no_failed_start(told: Told) -> None:
    told.supervisor.ready("localhost:1")
    with pytest.raises(StorageReadOnly), told.supervisor.starting():
        raise StorageReadOnly
    assert told.read() == [{"ready": True, "address": "localhost:1"}]
