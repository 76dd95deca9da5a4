"""How the URL of a database becomes Django's settings."""

from __future__ import annotations

import pytest

from stigmer_site.settings import POSTGRESQL_OPTIONS, database_settings, through_pooler


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgres://one@db.example:6543/name", "db.example", 6543),
        ("postgresql://one@%2Frun%2FPostgreSQL/name", "/run/PostgreSQL", ""),
        ("postgres://one@%2Ftmp%2Fsocket:6543/name", "/tmp/socket", 6543),
    ],
)
def test_a_host_may_be_a_name_or_the_directory_of_a_socket(url: str, host: str, port: int | str) -> None:
    found = database_settings(url)
    assert (found["HOST"], found["PORT"], found["NAME"], found["USER"]) == (host, port, "name", "one")


def test_connections_are_kept_and_nothing_waits_without_end() -> None:
    found = database_settings("postgres://one@db.example/name?sslmode=verify-full")
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (None, True)
    assert found["OPTIONS"]["options"] == POSTGRESQL_OPTIONS
    assert found["OPTIONS"]["sslmode"] == "verify-full"


def test_what_the_url_says_counts_more() -> None:
    found = database_settings("postgres://one@db.example/name?connect_timeout=3&options=-c%20lock_timeout%3D1s")
    assert (found["OPTIONS"]["connect_timeout"], found["OPTIONS"]["options"]) == (3, "-c lock_timeout=1s")


def test_sqlite_keeps_its_own_options() -> None:
    found = database_settings("sqlite:////tmp/stigmer.db")
    assert (found["NAME"], found["CONN_MAX_AGE"]) == ("/tmp/stigmer.db", None)
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]


def test_a_pooler_is_asked_for_nothing_that_it_refuses() -> None:
    plain = through_pooler(database_settings("postgres://one@pooler.example/name"))
    assert plain["DISABLE_SERVER_SIDE_CURSORS"]
    assert "options" not in plain["OPTIONS"]
    own = through_pooler(database_settings("postgres://one@pooler.example/name?options=-c%20lock_timeout%3D1s"))
    assert own["OPTIONS"]["options"] == "-c lock_timeout=1s"
