"""A new SQLite file from a script of all that migrations make of one, instead of migration after migration.

`new_database.sql` is what `scripts/new_database.py` writes down of a file that was migrated: its schema and its rows,
those that tell which migrations were applied among them. Migrations that came later are applied to it as to any other
database, so it need not be made anew for each; a test holds both ways against each other.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import connection

MIGRATIONS: Final = "django_migrations"
_FILE: Final = files(__package__) / "new_database.sql"


def make() -> None:
    """Make the schema in an empty SQLite file, all of it or nothing."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.connection.executescript(_FILE.read_text(encoding="utf-8"))


def is_up_to_date() -> bool:
    """Whether exactly the migrations of this program are applied. Looks at names alone, which takes 1 ms.

    Where it is False somebody has to load them: one may stand for others.
    """
    return applied() == of_this_program()


def applied() -> set[tuple[str, str]]:
    """(app, name) of the migrations that made the database what it is; none where it is new."""
    with connection.cursor() as cursor:
        if MIGRATIONS not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute(f"SELECT app, name FROM {MIGRATIONS}")  # noqa: S608  # ours
        return set(cursor.fetchall())


def of_this_program() -> set[tuple[str, str]]:
    """Those that its files are named by: nothing is loaded."""
    return {
        (app.label, file.stem)
        for app in apps.get_app_configs()
        for file in Path(app.path, "migrations").glob("[!_~]*.py")
    }
