"""The daemon with the real server: what the scripted units stand for elsewhere."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.backends.config import load
from apps.backends.local import environment, launch, leftovers
from apps.backends.local.errors import ComponentFailed
from apps.backends.local.logs import read_last
from apps.backends.local.paths import DataPaths
from apps.backends.local.running import Progress
from apps.backends.local.state import ComponentState, read_state
from apps.backends.local.supervisor.states import State
from apps.backends.local.units import server_units
from apps.backends.local_settings import LocalSettings
from apps.processes import process
from tests.backends.kit.bench import Bench
from tests.support.daemon import wait_until
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSettings]:
    monkeypatch.setenv("STIGMER_UNITS", "api,web")
    settings = load(environ={"STIGMER_HOME": str(tmp_path)}).local._replace(
        endpoint=f"localhost:{free_port()}", web=f"127.0.0.1:{free_port()}", temporal_address="", temporal=None
    )
    yield settings
    launch.stop(settings)


def units(settings: LocalSettings) -> tuple[ComponentState, ...]:
    state = read_state(DataPaths(settings.data_dir).state)
    return state.components if state else ()


def test_a_fresh_data_directory_becomes_a_server_with_an_admin(settings: LocalSettings) -> None:
    told: list[Progress] = []
    running = launch.ensure_running(settings, told.append, wait_for=("api", "web"))
    assert [progress.component for progress in told if progress.state == "READY"] == ["api", "web"]
    assert any(progress.stage for progress in told if progress.component == "api")
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.socket(family) as client:
            client.connect((host, int(running.endpoint.rpartition(":")[2])))
    admin = http.client.HTTPConnection(running.web, timeout=10)
    admin.request("GET", "/")
    assert admin.getresponse().status < 500
    admin.close()
    database = Path(DataPaths(settings.data_dir).database)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_it_starts_again_on_its_own_data(settings: LocalSettings) -> None:
    launch.ensure_running(settings)
    assert launch.stop(settings)
    assert launch.ensure_running(settings).was_started
    paths = DataPaths(settings.data_dir)
    assert [line.text for line in read_last(paths, ["daemon"], 100)].count("daemon stopped") == 1


def test_killed_in_the_middle_it_leaves_nothing_and_starts_again(settings: LocalSettings) -> None:
    running = launch.ensure_running(settings, wait_for=("api", "web"))
    former = units(settings)
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: not process.birth(running.pid), "the daemon is gone")
    assert launch.ensure_running(settings).pid != running.pid
    wait_until(lambda: not any(process.is_same(unit.pid, unit.birth) for unit in former), "the former units are gone")


def test_a_server_that_is_killed_comes_back(settings: LocalSettings) -> None:
    launch.ensure_running(settings)
    api = units(settings)[0]
    os.kill(api.pid, signal.SIGKILL)
    wait_until(lambda: units(settings)[0].starts == 2 and units(settings)[0].state == "READY", "it serves again")
    assert launch.find_running(settings)


def test_the_server_stops_by_itself_when_its_daemon_is_gone(settings: LocalSettings) -> None:
    running = launch.ensure_running(settings, wait_for=("api", "web"))
    former = units(settings)
    os.kill(running.pid, signal.SIGKILL)
    seconds = leftovers.GRACE_SECONDS
    wait_until(lambda: not any(process.is_same(unit.pid, unit.birth) for unit in former), "it stops", seconds=seconds)
    assert launch.status(settings).problem == "the daemon was killed"


def test_a_server_that_hangs_is_found_out(settings: LocalSettings, bench: Callable[..., Bench]) -> None:
    DataPaths(settings.data_dir).prepare()
    supervisor = bench(server_units(settings, "api")[0], environment=environment.for_server(os.environ, settings))
    api = supervisor.reaches("api", State.READY)
    plan = supervisor.supervisor.plans["api"]
    supervisor.until(lambda: plan.answers, "it answers")
    api.signal(signal.SIGSTOP)
    for _ in range(7):
        supervisor.forward(10.1)
    assert api.reason == "it hangs: no answer for 60 s"
    supervisor.forward(10.1)
    supervisor.reaches("api", State.BACKOFF)


def test_the_port_of_another_installation_is_named_as_such(settings: LocalSettings, tmp_path: Path) -> None:
    launch.ensure_running(settings)
    # Somebody has named this port, so no other is taken instead.
    other = settings._replace(data_dir=str(tmp_path / "other"), web=f"127.0.0.1:{free_port()}", movable=())
    with pytest.raises(ComponentFailed, match=f"is held by the Stigmer server of {settings.data_dir}"):
        launch.ensure_running(other)
