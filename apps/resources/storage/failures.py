"""What the database's own errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from django.db import DatabaseError

from apps.resources import errors
from apps.resources.ports import machine
from apps.shared.causes import causes_of


def storage_error(error: DatabaseError) -> errors.StorageError | None:
    """The domain error behind a database error, or None where there is nothing a caller could do."""
    cause = next((cause for cause in causes_of(error) if isinstance(cause, sqlite3.Error)), None)
    name = getattr(cause, "sqlite_errorname", "")
    if name.startswith("SQLITE_IOERR") and "WRITE" in name:
        return errors.StorageFull()
    make = next((make for prefix, make in MEANINGS.items() if name.startswith(prefix)), None)
    return make() if make else None


def _damaged() -> errors.StorageError:
    return machine().damaged()


# Where SQLite's own result code says what happened; the others are ours to explain as internal.
MEANINGS: dict[str, Callable[[], errors.StorageError]] = {
    "SQLITE_FULL": errors.StorageFull,
    "SQLITE_READONLY": errors.StorageReadOnly,
    "SQLITE_CANTOPEN": errors.StorageReadOnly,
    "SQLITE_BUSY": errors.StorageBusy,
    "SQLITE_LOCKED": errors.StorageBusy,
    "SQLITE_NOTADB": _damaged,
    "SQLITE_CORRUPT": _damaged,
}
