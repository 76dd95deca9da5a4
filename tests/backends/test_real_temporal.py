"""The daemon with the real server and the real Temporal."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from apps.backends.config import load
from apps.backends.kept_ports import TEMPORAL
from apps.backends.local import launch
from apps.backends.local.paths import DataPaths
from apps.backends.local.running import RunningDaemon
from apps.backends.local.state import ComponentState, read_state
from apps.backends.local.temporal import find
from apps.backends.local_settings import ManagedTemporal
from apps.processes import process
from tests.suites.client import Api, Refused
from tests.support.daemon import wait_until
from tests.support.ports import free_port
from tests.support.temporal import built_temporal

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPLETED = 3


class Installation:
    def __init__(self, directory: Path) -> None:
        self.program = str(built_temporal())
        self.settings = load(environ={"STIGMER_HOME": str(directory)}).local._replace(
            endpoint=f"localhost:{free_port()}",
            web=f"127.0.0.1:{free_port()}",
            temporal_address=f"127.0.0.1:{free_port()}",
            temporal=ManagedTemporal(str(directory / "cache"), program=self.program),
            movable=(),
        )

    def start(self) -> RunningDaemon:
        return launch.ensure_running(self.settings, wait_for=("api", "temporal"))

    @property
    def temporal(self) -> ComponentState:
        return self.component("temporal")

    def component(self, name: str) -> ComponentState:
        state = read_state(DataPaths(self.settings.data_dir).state)
        component = state.component(name) if state else None
        if component is None:
            raise AssertionError(f"there is no unit {name}")
        return component

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Temporal's own command line."""
        return subprocess.run(
            (self.program, "workflow", *arguments, "--address", self.settings.temporal_address),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def begin_workflow(self, name: str) -> None:
        """One that waits for a worker for ever."""
        done = self.ask("start", "--workflow-id", name, "--type", "Waiting", "--task-queue", "nobody")
        assert done.returncode == 0, done.stderr

    def has_workflow(self, name: str) -> bool:
        return self.ask("describe", "--workflow-id", name).returncode == 0


@pytest.fixture(autouse=True)
def _few_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STIGMER_UNITS", "api,temporal")


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Installation]:
    (tmp_path / "one").mkdir()
    installation = Installation(tmp_path / "one")
    yield installation
    launch.stop(installation.settings)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Installation]:
    (tmp_path / "two").mkdir()
    installation = Installation(tmp_path / "two")
    yield installation
    launch.stop(installation.settings)


def test_it_serves_on_loopback_alone_in_files_of_its_own(one: Installation) -> None:
    one.start()
    one.begin_workflow("w")
    listening = {connection.laddr.ip for connection in psutil.Process(one.temporal.pid).net_connections()}
    assert listening == {"127.0.0.1"}
    server = find.look_at(one.program).server
    files = list((Path(one.settings.data_dir) / "temporal" / server).iterdir())
    assert "temporal.db" in {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_what_it_holds_survives_a_restart_and_a_kill_of_everything(one: Installation) -> None:
    one.start()
    one.begin_workflow("before-restart")
    launch.restart(one.settings)
    running = one.start()
    assert one.has_workflow("before-restart")
    one.begin_workflow("before-kill")
    former = one.temporal
    os.kill(running.pid, signal.SIGKILL)
    os.kill(former.pid, signal.SIGKILL)
    wait_until(lambda: not process.birth(running.pid), "the daemon is gone")
    one.start()
    assert not process.is_same(former.pid, former.birth)
    assert one.has_workflow("before-restart")
    assert one.has_workflow("before-kill")


def test_killed_alone_it_comes_back_with_all_that_was_acknowledged(one: Installation) -> None:
    running = one.start()
    one.begin_workflow("w")
    former = one.temporal
    os.kill(former.pid, signal.SIGKILL)
    wait_until(lambda: one.temporal.starts == 2 and one.temporal.state == "READY", "it serves again")
    assert one.has_workflow("w")
    assert launch.find_running(one.settings) == running._replace(was_started=False)


def test_everything_together_is_ready_small_and_restful(one: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STIGMER_UNITS", "")
    everything = ("api", "web", "runner", "worker", "temporal")
    running = launch.ensure_running(one.settings, wait_for=everything)
    state = read_state(DataPaths(one.settings.data_dir).state)
    assert state
    assert tuple(unit.name for unit in state.components) == everything
    running_processes = [psutil.Process(pid) for pid in (running.pid, *(unit.pid for unit in state.components))]
    size = sum(found.memory_full_info().pss for found in running_processes)
    assert size < 500_000_000, f"{size / 1e6:.0f} MB"
    for unit in state.components:
        os.kill(unit.pid, signal.SIGKILL)
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: not process.birth(running.pid), "the daemon is gone")
    launch.ensure_running(one.settings, wait_for=everything)
    assert not any(process.is_same(unit.pid, unit.birth) for unit in state.components)


def test_two_installations_do_not_see_each_other(one: Installation, two: Installation) -> None:
    one.start()
    two.start()
    one.begin_workflow("w")
    assert not two.has_workflow("w")
    launch.stop(one.settings)
    assert launch.status(two.settings).problem == ""
    assert two.temporal.state == "READY"


def test_the_temporal_of_another_installation_is_named_as_such(one: Installation, two: Installation) -> None:
    one.start()
    two.settings = two.settings._replace(temporal_address=one.settings.temporal_address)
    launch.ensure_running(two.settings)
    wait_until(lambda: two.temporal.state == "FAILED", "it is refused")
    assert f"is held by the Stigmer server of {one.settings.data_dir}" in two.temporal.reason


def make_run(api: Api) -> str:
    """A workflow with nothing to do, and a run of it."""
    document = {"dsl": "1.0.0", "namespace": "tests", "name": "flow", "version": "1.0.0"}
    tasks = [{"name": "set", "kind": "WORKFLOW_TASK_KIND_SET", "task_config": {"variables": {"done": "yes"}}}]
    workflows, runs = api.of("Workflow"), api.of("WorkflowExecution")
    stored = workflows.apply(workflows.envelope({"document": document, "tasks": tasks}, name="flow"))
    return str(runs.create(runs.envelope({"workflow_id": stored.metadata.id})).metadata.id)


def test_nothing_is_done_at_the_temporal_of_another_installation(
    one: Installation, two: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.start()
    monkeypatch.setenv("STIGMER_UNITS", "api,worker,temporal")
    two.settings = two.settings._replace(temporal_address=one.settings.temporal_address)
    running = launch.ensure_running(two.settings)
    wait_until(lambda: two.temporal.state == "FAILED", "it is refused")
    wait_until(lambda: two.component("worker").stage == "waiting for Temporal", "its worker waits")
    with Api(running.endpoint) as api, pytest.raises(Refused, match="is held by the Stigmer server of") as refused:
        make_run(api)
    assert refused.value.code.name == "UNAVAILABLE"
    assert two.component("worker").state == "STARTING"


def test_where_the_usual_port_is_taken_it_takes_another_and_everybody_finds_it(
    one: Installation, two: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.start()
    monkeypatch.setenv("STIGMER_UNITS", "api,worker,temporal")
    two.settings = two.settings._replace(temporal_address=one.settings.temporal_address, movable=(TEMPORAL,))
    running = launch.ensure_running(two.settings, wait_for=("api", "worker", "temporal"))
    assert two.temporal.address != one.settings.temporal_address
    assert f"is held by the Stigmer server of {one.settings.data_dir}" in two.temporal.note
    with Api(running.endpoint) as api:
        run_id = make_run(api)
        wait_until(lambda: api.of("WorkflowExecution").get(run_id).status.phase == COMPLETED, "the run ends")
    assert not one.has_workflow(run_id)
