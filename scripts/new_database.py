#!/usr/bin/env python3
"""Write stigmer_site/new_database.sql: all that migrations make of a new SQLite file. Usage: new_database.py

Do so now and then: migrations that it has not seen yet are applied after it, one by one, at every first start.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "stigmer_site" / "new_database.sql"
MADE = "-- Made by scripts/new_database.py of what migrations make of a new file."
NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
MOMENTS = frozenset({"applied", "at"})
"""Columns that say when a row was stored."""


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "migrated.db"
        migrate(file, Path(home))
        with closing(sqlite3.connect(file)) as database:
            TARGET.write_text("\n".join([MADE, *script_of(database), ""]), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)} is written")


def migrate(file: Path, home: Path) -> None:
    os.environ |= {"STIGMER_HOME": str(home), "STIGMER_DATABASE_URL": f"sqlite:///{file}"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "stigmer_site.settings"
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def script_of(database: sqlite3.Connection) -> Iterator[str]:
    """The script that makes a database like this one."""
    yield "BEGIN IMMEDIATE;"
    # What full-text tables keep themselves in is made with them; what SQLite keeps for itself has no statement.
    inner = {name for (name,) in database.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")}
    made = database.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    for name, kind, statement in made.fetchall():
        if name in inner or name.startswith("sqlite_"):
            continue
        yield f"{statement};"
        if kind == "table" and not statement.startswith("CREATE VIRTUAL"):
            yield from rows_of(database, name)
    yield "COMMIT;"


def rows_of(database: sqlite3.Connection, table: str) -> Iterator[str]:
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
    quoted = ", ".join(f'quote("{column}")' for column in columns)
    for values in database.execute(f'SELECT {quoted} FROM "{table}" ORDER BY rowid'):
        told = [NOW if column in MOMENTS else value for column, value in zip(columns, values, strict=True)]
        yield f'INSERT INTO "{table}" VALUES ({", ".join(told)});'


if __name__ == "__main__":
    main()
