"""A database that was damaged or emptied: nothing is written to it, and everybody is told what to do."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connection, transaction

from apps.backends.local.damage import Damage, note, noted
from apps.resources.storage.failures import WritesStopped
from apps.resources.storage_errors import StorageDamaged
from tests.factories import make_agent
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api, KindApi, Refused, unique
from tests.support.daemon import wait_until
from tests.support.machines import HandOver

SECRET = {"data": {"KEY": {"value": "hidden", "is_secret": True}}}


def stop(unit: ApiUnit) -> None:
    unit.signal(signal.SIGTERM)
    assert unit.wait() == 0


def start_again(unit: ApiUnit) -> str:
    """How a start fails: the sentence and the hint."""
    unit.hang_up()
    unit._start()
    failed = unit.wait_until_failed()
    assert failed["permanent"] is True
    assert "Traceback" not in unit.log
    return f"{failed['failed']}. {failed['hint']}"


def damage(database: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    with closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def make_agents_for_ever(api: Api) -> None:
    while True:
        make_agent(api)


def refusal_of(kinds: KindApi) -> Refused:
    with pytest.raises(Refused) as caught:
        kinds.create(kinds.envelope(SECRET, name=unique("made")))
    return caught.value


def test_damage_that_nobody_has_met_is_found_and_stops_writes_and_not_reads(start_unit: StartUnit) -> None:
    unit = start_unit()
    database, alarm = unit.data_dir / "stigmer.db", unit.data_dir / "damaged.json"
    with Api(unit.endpoint) as api:
        make_agent(api)
    stop(unit)
    copy = shutil.copy(database, unit.data_dir / "copy.db")
    damage(database, "resources_agent")

    unit.restart()
    wait_until(alarm.exists, "the damage is found")
    assert alarm.stat().st_mode & 0o777 == 0o600
    with Api(unit.endpoint) as api:
        refused = refusal_of(api.of("Environment"))
        assert (refused.code, refused.reason) == (grpc.StatusCode.DATA_LOSS, "stigmer.storage.damaged")
        assert f"the database {database} is damaged" in refused.message
        assert api.page("Organization").entries, "what is whole can be read"
    assert unit.log.count("nothing is written any more") == 1
    stop(unit)

    assert f"the database {database} is damaged" in start_again(unit)

    shutil.copy(copy, database)  # over the damaged one: it stays the same file
    unit.restart()
    assert not alarm.exists()
    with Api(unit.endpoint) as api:
        assert make_agent(api)


def test_damage_that_a_write_meets_stops_all_others(start_unit: StartUnit) -> None:
    unit = start_unit()
    database, alarm = unit.data_dir / "stigmer.db", unit.data_dir / "damaged.json"
    with Api(unit.endpoint) as api:
        environments = api.of("Environment")
        stored = environments.create(environments.envelope(SECRET, name=unique("made")))
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damage(database, "resources_agent")
        with pytest.raises(Refused):
            make_agents_for_ever(api)  # what was read before is still in the server's cache
        assert noted(str(alarm))
        assert refusal_of(environments).reason == "stigmer.storage.damaged"
        assert environments.get(stored.metadata.id) == stored


def _session() -> None:
    SessionStore().save()


def _user() -> None:
    User(username="somebody").save()


def _many() -> None:
    User.objects.bulk_create([User(username="somebody")])


def _change() -> None:
    User.objects.update(username="somebody")


def _log_entry() -> None:
    LogEntry.objects.create(user_id=1, object_repr="it", action_flag=1)


def _statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("\n delete from django_session")


def _table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE more (id integer)")


@pytest.mark.django_db
@pytest.mark.parametrize("write", [_session, _user, _many, _change, _log_entry, _statement, _table])
def test_nobody_writes_to_a_damaged_database(hand_over: HandOver, write: Callable[[], None]) -> None:
    def refuse() -> None:
        raise WritesStopped

    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    hand_over(refuse_writes=refuse)
    with pytest.raises(WritesStopped), transaction.atomic():
        write()
    assert not User.objects.filter(username="somebody").exists()


@pytest.mark.django_db
def test_damage_that_any_statement_meets_is_told(hand_over: HandOver) -> None:
    met = []

    def damaged() -> StorageDamaged:
        met.append(1)
        return StorageDamaged(Path("stigmer.db"), None)

    def fail(*_: object) -> None:
        raise DatabaseError from error

    hand_over(damaged=damaged)
    error = sqlite3.DatabaseError()
    error.sqlite_errorname = "SQLITE_CORRUPT"
    connection.execute_wrappers.append(fail)
    try:
        with pytest.raises(DatabaseError), transaction.atomic():
            User.objects.count()
    finally:
        connection.execute_wrappers.remove(fail)
    assert met


def test_another_file_in_the_place_ends_the_alarm(tmp_path: Path) -> None:
    database, alarm = tmp_path / "stigmer.db", tmp_path / "damaged.json"
    database.touch()
    note(str(alarm), str(database), Damage("it is damaged", "Mend it"))
    assert noted(str(alarm)) == Damage("it is damaged", "Mend it")
    fresh = tmp_path / "fresh.db"
    fresh.touch()
    fresh.replace(database)
    assert noted(str(alarm)) is None
    alarm.write_text("no note")
    assert noted(str(alarm)) is None


def test_an_emptied_database_beside_keys_is_not_taken_for_a_new_one(start_unit: StartUnit) -> None:
    unit = start_unit()
    database = unit.data_dir / "stigmer.db"
    with Api(unit.endpoint) as api:
        environments = api.of("Environment")
        environments.create(environments.envelope(SECRET, name=unique("made")))
    stop(unit)
    copy = unit.data_dir / "backups" / "stigmer-20260102T030405.db"
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(database, copy)
    database.write_bytes(b"")
    told = start_again(unit)
    assert f"the database {database} is empty" in told
    assert f"`cp {copy} {database}`" in told
    assert database.stat().st_size == 0

    copy.unlink()
    assert f"`rm {database}`" in start_again(unit)
    database.unlink()
    unit.restart()
    with Api(unit.endpoint) as api:
        assert make_agent(api)
