"""What the database's own errors mean."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Mapping

from django.db import DatabaseError

from apps.resources import storage_errors
from apps.resources.ports import machine
from apps.shared.causes import causes_of

Meanings = Mapping[str, Callable[[], storage_errors.StorageError]]
"""By the beginning of a code. What is not there is ours to explain as internal."""


class WritesStopped(DatabaseError):
    """The database was found damaged before: writing to it may cost what can still be read."""


def storage_error(error: DatabaseError) -> storage_errors.StorageError | None:
    """The domain error behind a database error, or None where there is nothing a caller could do."""
    for cause in causes_of(error):
        if isinstance(cause, WritesStopped):
            return _damaged()
        if isinstance(cause, sqlite3.Error):
            return _of_sqlite(getattr(cause, "sqlite_errorname", ""))
        if hasattr(cause, "sqlstate"):  # an error of psycopg, which need not be installed
            return _of_postgresql(cause.sqlstate or _without_state(cause))
    return None


def file_error(error: OSError) -> storage_errors.StorageError | None:
    """The domain error behind a file beside the database that cannot be written; None as `storage_error`."""
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return storage_errors.StorageReadOnly()
    return _no_room() if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} else None


def was_taken_back(error: DatabaseError) -> bool:
    """Whether the database undid a transaction because of another one, so that the same may succeed now."""
    return any(getattr(cause, "sqlstate", None) in TAKEN_BACK for cause in causes_of(error))


TAKEN_BACK = frozenset({"40001", "40P01", "23503"})
"""Serialization failure, deadlock, and a foreign key to a row that another transaction has deleted meanwhile: who looks
again sees that it is gone."""


def _of_sqlite(name: str) -> storage_errors.StorageError | None:
    return _meaning(SQLITE, name)


def _of_postgresql(state: str) -> storage_errors.StorageError | None:
    return _meaning(POSTGRESQL, state)


def _without_state(cause: BaseException) -> str:
    """The SQLSTATE of an error that has none: whoever does not get a connection is told by a text alone."""
    if any(words in str(cause) for words in ("too many clients", "connection slots", "too many connections")):
        return "53300"
    return "08000" if type(cause).__name__ == "OperationalError" else ""


def _meaning(meanings: Meanings, code: str) -> storage_errors.StorageError | None:
    make = next((make for prefix, make in meanings.items() if code.startswith(prefix)), None)
    return make() if make else None


def _damaged() -> storage_errors.StorageError:
    return machine().damaged()


def _no_room() -> storage_errors.StorageError:
    return machine().no_room()


def _unmigrated() -> storage_errors.StorageError:
    return machine().unmigrated()


def _read_only() -> storage_errors.StorageReadOnly:
    return storage_errors.StorageReadOnly(
        "Its server is a replica, or is set to read only: use the one that can be written"
    )


SQLITE: Meanings = {
    "SQLITE_FULL": _no_room,
    "SQLITE_IOERR_WRITE": _no_room,
    "SQLITE_IOERR_SHMSIZE": _no_room,
    "SQLITE_READONLY": storage_errors.StorageReadOnly,
    "SQLITE_CANTOPEN": storage_errors.StorageReadOnly,
    "SQLITE_BUSY": storage_errors.StorageBusy,
    "SQLITE_LOCKED": storage_errors.StorageBusy,
    "SQLITE_NOTADB": _damaged,
    "SQLITE_CORRUPT": _damaged,
}
POSTGRESQL: Meanings = {
    "08": storage_errors.StorageUnreachable,  # connection exceptions
    "25006": _read_only,
    "25P03": storage_errors.StorageBusy,  # we did nothing in a transaction for too long
    "28": storage_errors.StorageUnreachable,  # it does not know us
    "3D000": storage_errors.StorageUnreachable,  # there is no such database
    "40001": storage_errors.StorageBusy,  # serialization failure
    "40P01": storage_errors.StorageBusy,  # deadlock
    "42703": _unmigrated,  # undefined column
    "42P01": _unmigrated,  # undefined table
    "53100": storage_errors.StorageFull,
    "53200": storage_errors.StorageOutOfMemory,
    "53300": storage_errors.StorageCrowded,
    "55P03": storage_errors.StorageBusy,  # lock not available
    "57014": storage_errors.StorageBusy,  # statement timeout
    "57P": storage_errors.StorageUnreachable,  # shutdowns, crashes, starting up
    "XX001": _damaged,  # data corrupted
    "XX002": _damaged,  # index corrupted
}
"""By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
