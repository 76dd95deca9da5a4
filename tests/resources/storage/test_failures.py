"""When the place that holds the data fails: the disk is full, the directory read-only, the database from the future."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.agents.runner_unit import RunnerUnit
from tests.factories import AGENT_SPEC, make_agent
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api, Refused, opened, unique
from tests.support.daemon import wait_until
from tests.support.prelude import OBEY_PERMISSIONS, limit_files

LARGEST_FILE = 4 * 1024 * 1024


def stop(unit: ApiUnit) -> None:
    unit.signal(signal.SIGTERM)
    assert unit.wait() == 0


def test_a_limit_on_the_size_of_a_file_is_named_and_what_is_there_is_kept(start_unit: StartUnit) -> None:
    unit = start_unit(before_start=limit_files(LARGEST_FILE))
    with Api(unit.endpoint) as api:
        agents, stored = api.of("Agent"), []
        large = {**AGENT_SPEC, "description": "x" * 200_000}
        refused = None
        while refused is None:
            try:
                stored.append(agents.create(agents.envelope(large, name=unique("large"))))
            except Refused as error:
                refused = error
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "stigmer.storage.file_limit",
        )
        assert "the limit on the size of a file, 4,096 kB; nothing was stored" in refused.message
        assert "`ulimit -f unlimited`" in refused.facts["hint"]
        assert stored
        found = [opened(entry).metadata.id for entry in api.page("Agent").entries]
        assert sorted(found) == sorted(agent.metadata.id for agent in stored)
        assert agents.get(stored[-1].metadata.id) == stored[-1]
    stop(unit)
    unit.before_start = ""
    unit.restart()
    with Api(unit.endpoint) as api:
        assert make_agent(api)
        assert api.of("Agent").get(stored[0].metadata.id) == stored[0]


def test_a_limit_that_a_new_database_does_not_fit_in_is_named_at_the_start(start_unit: StartUnit) -> None:
    failed = start_unit(wait=False, before_start=limit_files(200 * 1024)).wait_until_failed()
    assert "has reached the limit on the size of a file, 200 kB" in failed["failed"]
    assert failed["permanent"] is True


def test_a_data_directory_that_cannot_be_written_any_more_is_said_so(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        agent = make_agent(api)
    stop(unit)
    set_modes(unit.data_dir, directory=0o500, file=0o400)
    try:
        unit.before_start = OBEY_PERMISSIONS
        failed = start_again(unit)
    finally:
        set_modes(unit.data_dir, directory=0o700, file=0o600)
    assert failed["permanent"] is True
    assert "cannot be written" in failed["failed"]
    assert "writable" in failed["hint"]
    assert "Traceback" not in unit.log
    unit.before_start = ""
    unit.restart()
    with Api(unit.endpoint) as api:
        assert api.of("Agent").get(agent.metadata.id) == agent


def set_modes(folder: Path, *, directory: int, file: int) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(directory | 0o100 if path.is_dir() else file)


def start_again(unit: ApiUnit) -> dict[str, Any]:
    unit.hang_up()
    unit._start()
    return unit.wait_until_failed()


def test_a_database_of_a_newer_version_is_left_alone(start_unit: StartUnit) -> None:
    unit = start_unit()
    stop(unit)
    database = unit.data_dir / "stigmer.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('resources', '9999_future', '2100-01-01')"
        )
    before = database.read_bytes()
    failed = start_again(unit)
    assert failed["permanent"] is True
    assert "newer version" in str(failed["failed"])
    assert "resources.9999_future" in str(failed["failed"])
    assert "Upgrade" in str(failed["hint"])
    assert database.read_bytes() == before


def test_a_database_is_copied_before_it_is_migrated(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        agent = make_agent(api)
    stop(unit)
    database = unit.data_dir / "stigmer.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'auth' AND name LIKE '0012%'")
    unit.restart()
    assert [message["stage"] for message in unit.messages if "stage" in message][-3:] == [
        "backing up the database",
        "migrating the database",
        "starting the API",
    ]
    (copy,) = (unit.data_dir / "backups").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT id FROM resources_agent").fetchall() == [(agent.metadata.id,)]
        assert connection.execute("SELECT 1 FROM django_migrations WHERE name LIKE '0012_alter%'").fetchall() == []
    with Api(unit.endpoint) as api:
        assert api.of("Agent").get(agent.metadata.id) == agent
    stop(unit)
    unit.restart()
    assert len(list((unit.data_dir / "backups").iterdir())) == 1, "nothing to migrate, nothing to copy"


def test_a_first_start_that_was_killed_is_simply_repeated(start_unit: StartUnit) -> None:
    unit = start_unit(wait=False)
    assert unit.channel.recv(4096)
    wait_until((unit.data_dir / "stigmer.db").exists, "the database has been begun")
    unit.signal(signal.SIGKILL)
    unit.restart()
    with Api(unit.endpoint) as api:
        assert make_agent(api)


@pytest.mark.parametrize("unit_class", [ApiUnit, RunnerUnit])
def test_a_file_that_is_no_database_is_said_so(unit_class: type[ApiUnit], tmp_path: Path) -> None:
    database = tmp_path / "data" / "stigmer.db"
    database.parent.mkdir()
    database.write_text("not a database" * 1000)
    with unit_class(tmp_path) as unit:
        failed = unit.wait_until_failed()
        assert failed["permanent"] is True
        assert failed["failed"] == f"the database {database} is damaged or is no database at all"
        assert failed["hint"].endswith("there is no copy of it")
        assert database.read_text().startswith("not a database")
        assert failed["hint"] in unit.log
        assert "Traceback" not in unit.log


def test_the_latest_copy_of_a_damaged_database_is_named(start_unit: StartUnit, tmp_path: Path) -> None:
    backups = tmp_path / "own" / "data" / "backups"
    backups.mkdir(parents=True)
    for time in ("20250101T000000", "20260102T030405", "20251231T235959"):
        (backups / f"stigmer-{time}.db").touch()
    (backups.parent / "stigmer.db").write_text("not a database" * 1000)
    failed = start_unit(wait=False).wait_until_failed()
    assert failed["hint"].endswith(f"its latest copy in its place: {backups / 'stigmer-20260102T030405.db'}")


def test_files_and_directories_are_closed_to_others(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        make_agent(api)
    modes = {
        path.relative_to(unit.home).as_posix(): path.stat().st_mode & 0o777
        for path in (unit.data_dir, *unit.data_dir.rglob("*"))
    }
    assert "data/stigmer.db" in modes
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
