"""What the database's own errors mean, and where its copies are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from django.db import DatabaseError, connection

from apps.resources import errors
from apps.shared.causes import causes_of


def backup_folder(database: Path) -> Path:
    return database.parent / "backups"


def backups_of(database: Path) -> list[Path]:
    """The copies of an SQLite file, oldest first: their names hold their times."""
    return sorted(backup_folder(database).glob(f"{database.stem}-*.db"))


def storage_error(error: DatabaseError) -> errors.StorageError | None:
    """The domain error behind a database error, or None where there is nothing a caller could do."""
    cause = next((cause for cause in causes_of(error) if isinstance(cause, sqlite3.Error)), None)
    name = getattr(cause, "sqlite_errorname", "")
    if name.startswith("SQLITE_IOERR") and "WRITE" in name:
        return errors.StorageFull()
    make = next((make for prefix, make in MEANINGS.items() if name.startswith(prefix)), None)
    return make() if make else None


def _damaged() -> errors.StorageDamaged:
    database = Path(str(connection.settings_dict["NAME"]))
    return errors.StorageDamaged(database, next(reversed(backups_of(database)), None))


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
