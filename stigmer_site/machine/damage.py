"""Finding that the SQLite file is damaged or was emptied, and keeping everybody from writing to it then."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from apps.backends.local import damage
from apps.resources.storage.failures import WritesStopped
from apps.resources.storage_errors import StorageDamaged, StorageEmptied
from stigmer_site.machine.copies import latest_copy

logger = logging.getLogger(__name__)


class DamageAlarm:
    """Of one database. `path` is where its note is kept, which all processes look for before they write."""

    def __init__(self, database: Path, path: Path) -> None:
        self._database, self._path = database, path

    def sound(self) -> StorageDamaged:
        """Somebody met the damage: nothing is written from now on. Answers what to say."""
        error = StorageDamaged(self._database, latest_copy(self._database))
        if not self._path.exists():
            logger.error("%s; nothing is written any more. %s", error.message, error.hint)
        with suppress(OSError):  # then everybody finds it anew
            damage.note(str(self._path), str(self._database), damage.Damage(error.message, error.hint))
        return error

    def refuse_writes(self) -> None:
        """Raises WritesStopped while there is an alarm."""
        if self._path.exists() and damage.noted(str(self._path)):
            raise WritesStopped

    def settle(self) -> None:
        """Before a start: an alarm ends when the file is sound, put in place or mended. Raises StorageDamaged."""
        if self._path.exists():
            if damage.noted(str(self._path)) and not self._is_sound():
                raise self.sound()
            self._path.unlink(missing_ok=True)

    def look(self) -> None:
        """Read the whole file, which nobody else may do for long, and sound the alarm for any damage."""
        if self._database.exists() and not self._is_sound():
            self.sound()

    def _is_sound(self) -> bool:
        try:
            with closing(sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)) as connection:
                return [row for (row,) in connection.execute("PRAGMA quick_check(1)")] == ["ok"]
        except sqlite3.OperationalError:  # busy, or gone: that is no damage
            return True
        except sqlite3.DatabaseError:
            return False


def refuse_emptied(database: Path, keys: Path) -> None:
    """Raises StorageEmptied for a file without a byte, where keys or copies tell that there was something in it."""
    copy = latest_copy(database)
    if (keys.exists() or copy) and database.exists() and not database.stat().st_size:
        raise StorageEmptied(database, copy)
