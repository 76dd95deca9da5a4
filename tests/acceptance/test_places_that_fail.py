"""Where the data lives fails: it is full, read-only, from the future; or ports and process numbers are others'."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance import disks
from tests.acceptance.projects import make_file
from tests.support.daemon import Done, Installation, temporary_installation, wait_until
from tests.support.prelude import OBEY_PERMISSIONS

small_disks = pytest.mark.parametrize("small_disk", disks.SMALL_DISKS, ids=lambda way: way.__name__)
locked_places = pytest.mark.parametrize("locked", disks.LOCKED_PLACES, ids=lambda way: way.__name__)


def apply(installation: Installation, tmp_path: Path, name: str) -> Done:
    return installation.run("apply", "-f", str(make_file(tmp_path / f"{name}.yaml", name)))


def agents(installation: Installation) -> list[str]:
    return sorted(installation.run("get", "agents", "-o", "name").stdout.split())


@locked_places
def test_a_read_only_place_is_one_clear_error(
    installation: Installation, tmp_path: Path, locked: disks.LockedPlace
) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    installation.extra["STIGMER_HOME"] = str(place / "stigmer")
    installation.before_start = OBEY_PERMISSIONS
    with locked(place) as what_is_told:
        done = apply(installation, tmp_path, "a")
    assert (done.code, done.stdout) == (1, "")
    refusal = done.stderr[done.stderr.index("error: ") :]
    assert str(place) in refusal
    assert what_is_told in refusal
    assert "\n\nhint: " in refusal


@small_disks
def test_a_disk_without_room_for_a_database_is_one_clear_error(small_disk: disks.SmallDisk, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    with small_disk(place, 400_000) as disk, temporary_installation(place) as installation:
        done = apply(installation, tmp_path, "a")
        status = installation.run("server", "status")
    assert (done.code, done.stdout) == (1, "")
    assert disk.told in done.stderr
    assert disk.way_out in done.stderr
    if isinstance(disk, disks.MountedDisk):  # the daemon sees it, too, and the configuration lies on that disk
        assert status.code == 1
        for told in (done.stderr, status.stderr):
            assert "hint: Free some space" in told


@small_disks
def test_a_disk_that_fills_up_loses_nothing(small_disk: disks.SmallDisk, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    with small_disk(place, 6_000_000) as disk, temporary_installation(place) as installation:
        assert apply(installation, tmp_path, "before").code == 0
        disk.fill(installation)
        refused = apply(installation, tmp_path, "after")
        assert (refused.code, refused.stdout) == (1, "")
        assert disk.told in refused.stderr
        assert "nothing was stored" in refused.stderr
        assert agents(installation) == ["agent/before"]
        disk.free(installation)
        assert apply(installation, tmp_path, "after").code == 0
        assert agents(installation) == ["agent/after", "agent/before"]


def test_data_of_a_newer_version_is_left_alone(installation: Installation, tmp_path: Path) -> None:
    assert apply(installation, tmp_path, "a").code == 0
    installation.stop()
    database = installation.data_dir / "stigmer.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('resources', '9999_future', '2100-01-01')"
        )
    before = database.read_bytes()
    done = apply(installation, tmp_path, "b")
    assert (done.code, done.stdout) == (1, "")
    assert "written by a newer version of stigmer" in done.stderr
    assert "hint: Upgrade stigmer" in done.stderr
    assert database.read_bytes() == before


def test_a_taken_port_of_the_admin_keeps_nobody_from_deploying(installation: Installation, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", installation.web_port)):
        assert apply(installation, tmp_path, "a").code == 0
        opened = installation.run("ui", "--no-browser")
    assert (opened.code, opened.stdout) == (1, "")
    assert f"port {installation.web_port} is held by " in opened.stderr
    assert str(os.getpid()) in opened.stderr
    assert "export STIGMER_WEB_ADDR=127.0.0.1:" in opened.stderr


def test_a_process_number_that_is_anothers_by_now_is_nobody_of_ours(installation: Installation, tmp_path: Path) -> None:
    assert apply(installation, tmp_path, "a").code == 0
    state = installation.state()
    installation.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        state["pid"] = innocent.pid
        for component in state["components"]:
            component["pid"] = innocent.pid
        (installation.data_dir / "run" / "state.json").write_text(json.dumps(state))
        again = apply(installation, tmp_path, "a")
        assert again.code == 0, again.stderr
        assert "unchanged" in again.stdout
        assert installation.state()["pid"] != innocent.pid
        assert innocent.poll() is None
        innocent.kill()


def test_a_data_directory_that_was_removed_is_made_again(installation: Installation, tmp_path: Path) -> None:
    assert apply(installation, tmp_path, "a").code == 0
    daemon = installation.state()["pid"]
    # In one step: a unit that is just starting writes files into a directory that is emptied one by one.
    installation.data_dir.rename(tmp_path / "removed")
    wait_until(lambda: not Path(f"/proc/{daemon}").exists(), "the daemon without a directory has ended")
    again = apply(installation, tmp_path, "a")
    assert again.code == 0, again.stderr
    assert "Created" in again.stdout
