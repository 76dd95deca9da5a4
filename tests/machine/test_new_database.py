"""A new SQLite file is what migrations would make of it, without their being run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from stigmer_site import new_database
from tests.support.databases import SQLite, using

MOST_MISSING: Final = 8
"""Migrations that a first start may have to apply one by one."""
ROWS: Final = (
    "SELECT app, name FROM django_migrations",
    "SELECT app_label, model FROM django_content_type",
    "SELECT t.model, p.codename, p.name FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id",
    "SELECT kind, resource_id, event FROM resources_resourcechange",
)


@pytest.fixture
def empty(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), using(SQLite().empty(tmp_path)):
        yield


def stored(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(cursor.fetchall(), key=str)


def content() -> list[list[tuple[object, ...]]]:
    return [stored("SELECT type, name, tbl_name, sql FROM sqlite_master"), *map(stored, ROWS)]


def migrate() -> None:
    call_command("migrate", verbosity=0)


@pytest.mark.usefixtures("empty")
def test_the_script_makes_what_migrations_make(tmp_path: Path) -> None:
    new_database.make()
    migrate()
    made = content()
    with using(f"sqlite:///{tmp_path / 'migrated.db'}"):
        migrate()
        assert made == content()


@pytest.mark.usefixtures("empty")
def test_the_script_is_not_far_behind() -> None:
    new_database.make()
    missing = sorted(new_database.of_this_program() - new_database.applied())
    assert len(missing) <= MOST_MISSING, f"run scripts/new_database.py: it does not know {missing}"


@pytest.mark.usefixtures("empty")
def test_a_database_is_up_to_date_when_its_migrations_are_those_of_this_program() -> None:
    assert not new_database.is_up_to_date()
    new_database.make()
    migrate()
    assert new_database.is_up_to_date()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('resources', '9999', '2100-01-01')")
    assert not new_database.is_up_to_date()


@pytest.mark.usefixtures("empty")
def test_a_script_that_fails_half_way_leaves_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE resources_resourceterm (id integer)")  # one of the last that are made
    with pytest.raises(Exception, match="already exists"):
        new_database.make()
    connection.close()
    assert not new_database.applied()
