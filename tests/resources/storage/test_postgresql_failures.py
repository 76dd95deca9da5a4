"""What PostgreSQL's own errors become: each is raised by the server itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import grpc
import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.db.utils import DEFAULT_DB_ALIAS, OperationalError

from apps.resources import storage_errors
from apps.resources.api.status import CODES
from apps.resources.storage.failures import POSTGRESQL, storage_error, was_taken_back
from apps.resources.storage.transaction import MOST_ATTEMPTS, repeatable
from apps.resources.storage_errors import StorageError
from stigmer_site.machine import cluster
from tests.support.databases import Database, PostgreSQL, postgresql_only
from tests.support.machines import HandOver

pytestmark = [postgresql_only, pytest.mark.django_db(transaction=True)]
TABLE = {
    "08006": storage_errors.StorageUnreachable,
    "25006": storage_errors.StorageReadOnly,
    "28P01": storage_errors.StorageUnreachable,
    "3D000": storage_errors.StorageUnreachable,
    "40001": storage_errors.StorageBusy,
    "40P01": storage_errors.StorageBusy,
    "42703": storage_errors.MigrationsPending,
    "42P01": storage_errors.MigrationsPending,
    "53100": storage_errors.StorageFull,
    "53200": storage_errors.StorageOutOfMemory,
    "53300": storage_errors.StorageCrowded,
    "55P03": storage_errors.StorageBusy,
    "57014": storage_errors.StorageBusy,
    "57P01": storage_errors.StorageUnreachable,
    "57P03": storage_errors.StorageUnreachable,
    "XX001": storage_errors.ServerStorageDamaged,
    "XX002": storage_errors.ServerStorageDamaged,
}


def failure_of(act: Callable[[], object]) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        act()
    return caught.value


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def raise_state(state: str) -> None:
    run(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")


@pytest.fixture(autouse=True)
def own_connection(transactional_db: None) -> Iterator[None]:
    """What a test sets, or breaks, is for no other."""
    yield
    connection.close()


@pytest.fixture
def server_of(database: Database) -> PostgreSQL:
    assert isinstance(database, PostgreSQL)
    return database


@contextmanager
def another_connection(database: PostgreSQL) -> Iterator[psycopg.Connection[Any]]:
    with database.server.connect(str(connection.settings_dict["NAME"])) as other:
        yield other


@pytest.mark.parametrize("state", TABLE)
def test_each_state_has_its_error(state: str) -> None:
    assert type(storage_error(failure_of(lambda: raise_state(state)))) is TABLE[state]


def test_what_is_not_migrated_is_told_with_the_job_that_does_it(
    monkeypatch: pytest.MonkeyPatch, hand_over: HandOver
) -> None:
    for is_cloud, way_out in ((False, "stigmer server restart"), (True, "stigmer serve migrate")):
        monkeypatch.setattr(settings, "CLOUD", is_cloud)
        hand_over(unmigrated=cluster.machine().unmigrated)
        found = storage_error(failure_of(lambda: run("SELECT * FROM of_the_next_version")))
        assert isinstance(found, storage_errors.MigrationsPending)
        assert way_out in found.hint


def test_every_row_of_the_table_is_looked_at() -> None:
    named = {prefix for prefix in POSTGRESQL if any(state.startswith(prefix) for state in TABLE)}
    assert set(POSTGRESQL) - named == {"25P03"}, "that one ends the connection"


@pytest.mark.parametrize("state", ["22012", "42601", "23505", "XX000"])
def test_other_states_are_ours_to_explain(state: str) -> None:
    assert storage_error(failure_of(lambda: raise_state(state))) is None


def test_a_server_that_may_only_be_read_is_told(server_of: PostgreSQL) -> None:
    run("SET default_transaction_read_only = on")
    found = storage_error(failure_of(lambda: run("CREATE TABLE t (x int)")))
    assert isinstance(found, storage_errors.StorageReadOnly)
    assert "replica" in found.hint


def test_a_row_that_stays_locked_is_busy(server_of: PostgreSQL) -> None:
    run("CREATE TABLE locked (x int)", "SET lock_timeout = '20ms'")
    with another_connection(server_of) as other, other.transaction():
        other.execute("LOCK TABLE locked")
        error = failure_of(lambda: run("SELECT * FROM locked"))
    run("DROP TABLE locked")
    assert isinstance(storage_error(error), storage_errors.StorageBusy)


def test_a_statement_that_takes_too_long_is_busy() -> None:
    run("SET statement_timeout = '20ms'")
    assert isinstance(storage_error(failure_of(lambda: run("SELECT pg_sleep(30)"))), storage_errors.StorageBusy)


def test_a_connection_that_the_server_closes_is_unreachable_and_the_next_one_works(server_of: PostgreSQL) -> None:
    run("SELECT 1")
    with another_connection(server_of) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    for _ in range(2):  # by the server's word, and then because it is closed
        assert isinstance(storage_error(failure_of(lambda: run("SELECT 1"))), storage_errors.StorageUnreachable)
    connection.close_if_unusable_or_obsolete()
    run("SELECT 1")


@contextmanager
def other_settings(**changes: Any) -> Iterator[None]:
    """New connections are made with these."""
    before = connections.settings[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS].close()
    settings = connections[DEFAULT_DB_ALIAS].settings_dict
    kept = {name: settings[name] for name in changes}
    settings.update(changes)
    try:
        yield
    finally:
        settings.update(kept)
        assert connections.settings[DEFAULT_DB_ALIAS] is before


@pytest.mark.parametrize("changes", [{"HOST": "/nowhere"}, {"NAME": "nothing"}, {"USER": "nobody"}], ids=str)
def test_no_way_in_is_unreachable(changes: dict[str, str]) -> None:
    with other_settings(**changes):
        assert isinstance(storage_error(failure_of(connection.ensure_connection)), storage_errors.StorageUnreachable)


def test_a_server_that_takes_no_more_connections_is_told(server_of: PostgreSQL) -> None:
    with another_connection(server_of) as other:
        other.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        with other_settings(USER="crowded"):
            error = failure_of(connection.ensure_connection)
        other.execute("DROP ROLE crowded")
    assert isinstance(storage_error(error), storage_errors.StorageCrowded)


def test_transactions_that_lock_each_other_out_are_done_again(server_of: PostgreSQL) -> None:
    run("CREATE TABLE rows (id int, x int)", "INSERT INTO rows VALUES (1, 0), (2, 0)")
    meeting = threading.Barrier(2)
    attempts: list[int] = []

    @repeatable
    def add(first: int, second: int) -> None:
        attempts.append(first)
        with transaction.atomic():
            run(f"UPDATE rows SET x = x + 1 WHERE id = {first}")
            if len(attempts) <= 2:
                meeting.wait(30)
            run(f"UPDATE rows SET x = x + 1 WHERE id = {second}")

    def elsewhere() -> None:
        with closing(connection):
            add(2, 1)

    other = threading.Thread(target=elsewhere)
    other.start()
    add(1, 2)
    other.join(30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT x FROM rows")
        assert cursor.fetchall() == [(2,), (2,)]
    run("DROP TABLE rows")
    assert len(attempts) > 2


def test_what_fails_every_time_is_given_up_and_what_others_began_is_theirs() -> None:
    attempts: list[bool] = []

    @repeatable
    def fail() -> None:
        attempts.append(True)
        with transaction.atomic():
            raise_state("40001")

    assert was_taken_back(failure_of(fail))
    assert len(attempts) == MOST_ATTEMPTS
    attempts.clear()
    with pytest.raises(OperationalError), transaction.atomic():
        fail()
    assert len(attempts) == 1


@pytest.mark.parametrize("error", StorageError.__subclasses__())
def test_what_may_pass_by_itself_says_to_come_again(error: type[StorageError]) -> None:
    again = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert CODES[error] in again or not error.may_pass
