"""The databases that tests run on. `@both_databases` on a test, a class or a module: its tests run on each of them.

What holds on one alone is marked `@postgresql_only` or `@sqlite_only`; the nearest mark counts, and what has none runs
on SQLite. Tests ask for the fixtures that they need as ever (`django_db`, `unit`, `api`, `start_unit`, ...); these
follow the fixture `database`, which is one of the classes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections

from apps.resources import ports
from apps.resources.storage import statement_texts
from stigmer_site import machine
from tests.support.postgres import TEMPLATE, Server, session_server

VARIABLE = "STIGMER_DATABASE_URL"
MARK = "databases"
both_databases = pytest.mark.databases("sqlite", "postgresql")
sqlite_only = pytest.mark.databases("sqlite")
postgresql_only = pytest.mark.databases("postgresql")


class SQLite:
    """A file in the data directory of each unit; in this process, the one that Django has made."""

    vendor = "sqlite"

    def environment(self) -> dict[str, str]:
        """What makes a unit use a database of its own."""
        return {}

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        """Django's models are stored there meanwhile."""
        yield

    def environment_of_this_process(self) -> dict[str, str]:
        """What makes another process use the database that Django uses in this one."""
        return {VARIABLE: f"sqlite:///{connections[DEFAULT_DB_ALIAS].settings_dict['NAME']}"}

    def empty(self, directory: Path) -> str:
        """The URL of a new database without any table; `directory` is the test's own."""
        return f"sqlite:///{directory / 'empty.db'}"

    def close(self) -> None:
        """Drop what was made."""


class PostgreSQL:
    vendor = "postgresql"

    def __init__(self) -> None:
        self.server: Server = session_server()
        self._names: list[str] = []

    def environment(self) -> dict[str, str]:
        return {VARIABLE: self.server.url(self._made())}

    @contextmanager
    def in_this_process(self) -> Iterator[None]:
        with using(self.server.url(self._made())):
            yield

    def environment_of_this_process(self) -> dict[str, str]:
        return {VARIABLE: self.server.url(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])}

    def empty(self, directory: Path) -> str:
        del directory
        return self.server.url(self._made("template0"))

    def close(self) -> None:
        for name in self._names:
            self.server.drop_database(name)

    def _made(self, template: str = TEMPLATE) -> str:
        self._names.append(self.server.make_database(template))
        return self._names[-1]


Database = SQLite | PostgreSQL
DATABASES: dict[str, type[Database]] = {each.vendor: each for each in (SQLite, PostgreSQL)}


@contextmanager
def using(url: str) -> Iterator[None]:
    """Have Django use another database in this process, with the machine that goes with it."""
    from stigmer_site.settings import database_settings

    settings_before, machine_before = connections.settings[DEFAULT_DB_ALIAS], ports.machine()
    _use(connections.configure_settings({DEFAULT_DB_ALIAS: database_settings(url)})[DEFAULT_DB_ALIAS])
    machine.install()
    try:
        yield
    finally:
        _use(settings_before)
        ports.install(machine_before)


def _use(settings: dict[str, Any]) -> None:
    connections[DEFAULT_DB_ALIAS].close()
    connections.settings[DEFAULT_DB_ALIAS] = settings
    connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
    _forget_statements(statement_texts)


def _forget_statements(module: ModuleType) -> None:
    """They were made for another database."""
    for made in vars(module).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


def somebody_waits_for_a_lock() -> bool:
    """Whether another transaction on PostgreSQL waits for one that has locked something."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
