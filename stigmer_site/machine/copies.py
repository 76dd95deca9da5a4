"""Where an SQLite file is copied to before it changes, and what to say of one that is damaged."""

from __future__ import annotations

from pathlib import Path

from apps.resources.errors import StorageDamaged


def backup_folder(database: Path) -> Path:
    return database.parent / "backups"


def backups_of(database: Path) -> list[Path]:
    """The copies of an SQLite file, oldest first: their names hold their times."""
    return sorted(backup_folder(database).glob(f"{database.stem}-*.db"))


def damaged(database: Path) -> StorageDamaged:
    return StorageDamaged(database, next(reversed(backups_of(database)), None))
