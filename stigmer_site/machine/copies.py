"""Where an SQLite file is copied to before it changes."""

from __future__ import annotations

from pathlib import Path


def backup_folder(database: Path) -> Path:
    return database.parent / "backups"


def backups_of(database: Path) -> list[Path]:
    """The copies of an SQLite file, oldest first: their names hold their times."""
    return sorted(backup_folder(database).glob(f"{database.stem}-*.db"))


def latest_copy(database: Path) -> Path | None:
    return next(reversed(backups_of(database)), None)
