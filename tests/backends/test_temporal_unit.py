"""The unit `temporal` in a daemon: found, downloaded, killed, replaced. The program is a stand-in here."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from apps.backends.local import environment, launch, leftovers
from apps.backends.local.state import ComponentState
from apps.backends.local.supervisor.unit import UnitSpec
from apps.backends.local.temporal import find
from apps.backends.local.units import server_units
from apps.backends.local_settings import VARIABLE, ManagedTemporal, from_environ
from apps.processes import process
from tests.backends.kit.place import Place
from tests.backends.kit.release_host import OFFICIAL, STAND_IN, ReleaseHost, archive, program, release_host
from tests.backends.kit.units import READY, unit
from tests.support.daemon import wait_until
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = Path(__file__).parent / "kit" / "temporal_entry.py"


class TemporalPlace:
    """A daemon with a scripted api and the real unit `temporal`."""

    def __init__(self, place: Place, configured: str = "") -> None:
        self.place = place
        self.cache = str(Path(place.settings.data_dir).parent / "cache")
        self.address = f"127.0.0.1:{free_port()}"
        self.wanted = ManagedTemporal(self.cache, "1.5.1", configured)
        place.settings = place.settings._replace(temporal_address=self.address, temporal=self.wanted)
        self.use(self.spec)

    @property
    def spec(self) -> UnitSpec:
        return next(spec for spec in server_units(self.place.settings) if spec.name == "temporal")

    def use(self, spec: UnitSpec) -> None:
        self.place.use(unit(READY, essential=True), spec)

    def use_release(self, host: ReleaseHost, body: bytes = OFFICIAL) -> None:
        """As in the table, but with another archive to download where nothing is found."""
        release = host.release(body)
        self.use(self.spec._replace(command=(sys.executable, str(ENTRY), release.url, release.sha256)))

    def reaches(self, state: str) -> ComponentState:
        wait_until(lambda: self.place.component("temporal").state == state, f"temporal is {state}")
        return self.place.component("temporal")

    @property
    def server(self) -> psutil.Process:
        return psutil.Process(self.place.component("temporal").pid)


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one empty directory, which is returned."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture
def host() -> Iterator[ReleaseHost]:
    with release_host() as host:
        yield host


@pytest.fixture
def stand_in(place: Place, tmp_path: Path) -> TemporalPlace:
    """Temporal is configured to be the stand-in."""
    return TemporalPlace(place, program(tmp_path / "temporal" / "temporal"))


def gone(component: ComponentState) -> bool:
    return not process.is_same(component.pid, component.birth)


# Coming up


def test_the_program_on_path_becomes_the_unit_itself(
    place: Place, nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(nothing_installed / "temporal")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    temporal = TemporalPlace(place)
    place.start()
    assert temporal.reaches("READY").address == temporal.address
    assert path in temporal.server.cmdline()
    assert temporal.server.children() == []
    assert os.getpgid(temporal.server.pid) == temporal.server.pid
    log = Path(place.paths.log("temporal")).read_text()
    assert f"starting {path} (version 1.5.1, server 1.29.1)" in log
    assert "--headless" in log
    assert "canary" not in log


def test_what_is_missing_is_downloaded_and_started(place: Place, nothing_installed: Path, host: ReleaseHost) -> None:
    temporal = TemporalPlace(place)
    temporal.use_release(host)
    place.start(wait_for=("api", "temporal"))
    stages = [told.stage for told in place.told if told.component == "temporal"]
    assert {"unpacking Temporal 1.5.1", "starting Temporal 1.5.1"} & set(stages)
    assert find.cached(temporal.cache, "1.5.1") in temporal.server.cmdline()
    launch.stop(place.settings)
    place.start(wait_for=("api", "temporal"))
    assert len(host.asked) == 1


def test_a_wrong_archive_is_told_and_hurts_nothing_else(
    place: Place, nothing_installed: Path, host: ReleaseHost
) -> None:
    temporal = TemporalPlace(place)
    host.body = archive(("temporal", "#!/bin/sh\n"))
    temporal.use_release(host, OFFICIAL)
    place.start()
    assert "is not the official archive" in temporal.reaches("FAILED").reason
    status = launch.status(place.settings)
    assert status.running
    assert "stigmer config set backend.local.temporal.path" in status.hint
    assert place.component("api").state == "READY"


def test_without_a_network_it_is_tried_again_and_no_start_is_needed(
    place: Place, nothing_installed: Path, host: ReleaseHost
) -> None:
    temporal = TemporalPlace(place)
    host.status = 503
    temporal.use_release(host)
    place.start()
    assert "503" in temporal.reaches("BACKOFF").reason
    wait_until(lambda: place.component("temporal").starts > 6, "this does not count as failing")
    host.status = 200
    assert temporal.reaches("READY").reason == ""


def test_a_configured_program_that_is_none_is_told(place: Place) -> None:
    temporal = TemporalPlace(place, "/no/such/temporal")
    place.start()
    failed = temporal.reaches("FAILED")
    assert (
        failed.reason == "backend.local.temporal.path is /no/such/temporal: it does not run: No such file or directory"
    )
    assert failed.starts == 1


def test_a_taken_port_names_who_holds_it(stand_in: TemporalPlace) -> None:
    port = int(stand_in.address.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        stand_in.place.start()
        failed = stand_in.reaches("FAILED")
    assert f"port {port} is held by" in failed.reason
    assert f"pid {os.getpid()}" in failed.reason
    hint = failed.hint.partition("`")[2].partition("`")[0].split()
    assert hint[:-1] == ["stigmer", "config", "set", "backend.local.temporal.port"]
    assert hint[-1].isdecimal()


def test_a_temporal_that_somebody_else_runs_is_shown_and_not_started(place: Place) -> None:
    address = f"127.0.0.1:{free_port()}"
    place.settings = place.settings._replace(temporal_address=address)
    assert [spec.name for spec in server_units(place.settings)] == ["api", "web", "runner", "worker"]
    place.start()
    assert place.component("temporal").address == address
    assert "temporal" not in {told.component for told in place.told}
    status = launch.status(place.settings)
    assert status.problem == f"temporal: nobody answers at {address}"
    assert "backend.local.temporal.managed true" in status.hint
    with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        status = launch.status(place.settings)
        assert (status.problem, status.hint) == ("", "")


def test_units_can_be_left_out(place: Place) -> None:
    settings = place.settings._replace(temporal=ManagedTemporal("/c"), temporal_address="127.0.0.1:7233")
    names = [[spec.name for spec in server_units(settings, only)] for only in ("", "web", "api, temporal", "nonsense")]
    assert names == [
        ["api", "web", "runner", "worker", "temporal"],
        ["api", "web"],
        ["api", "temporal"],
        ["api"],
    ]
    nowhere = settings._replace(temporal=None, temporal_address="")
    assert [spec.name for spec in server_units(nowhere)] == ["api", "web", "runner"]


def test_only_the_api_is_waited_for_by_all_others(place: Place) -> None:
    settings = place.settings._replace(temporal=ManagedTemporal("/c"), temporal_address="127.0.0.1:7233")
    api, *others = server_units(settings)
    assert (api.after, api.essential) == ((), True)
    assert {(spec.after, spec.essential) for spec in others} == {(("api",), False)}


def test_units_are_told_the_settings_in_one_piece_without_secrets(place: Place) -> None:
    settings = place.settings._replace(
        temporal_address="127.0.0.1:7300", temporal=ManagedTemporal("/c"), values={"backend.local.llm.model": "gpt"}
    )
    seen = environment.for_server({"OPENAI_API_KEY": "sk-1", "STIGMER_LLM_MODEL": "old"}, settings)
    assert from_environ(seen) == settings
    assert "sk-1" not in seen[VARIABLE]
    assert seen["OPENAI_API_KEY"] == "sk-1"


# Dying


def test_a_killed_temporal_comes_back(stand_in: TemporalPlace) -> None:
    stand_in.place.start()
    first = stand_in.reaches("READY")
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: stand_in.place.component("temporal").starts == 2, "it is started again")
    assert stand_in.reaches("READY").pid != first.pid


def test_a_launcher_that_is_killed_in_the_middle_is_started_again(
    place: Place, nothing_installed: Path, host: ReleaseHost
) -> None:
    temporal = TemporalPlace(place)
    waiting = program(nothing_installed / "temporal", "#!/bin/sh\nread line < /dev/zero\n")
    place.start()
    temporal.reaches("STARTING")
    wait_until(lambda: bool(temporal.server.children()), "the launcher asks the program for its version")
    launcher, asked = temporal.server, temporal.server.children()[0]
    Path(waiting).write_text(STAND_IN)
    launcher.kill()
    assert temporal.reaches("READY").starts == 2
    assert not asked.is_running() or asked.status() == psutil.STATUS_ZOMBIE


def test_nothing_of_a_killed_daemon_survives_the_next_start(stand_in: TemporalPlace) -> None:
    running = stand_in.place.start(wait_for=("api", "temporal"))
    first = stand_in.reaches("READY")
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: not process.birth(running.pid), "the daemon is gone")
    stand_in.place.start(wait_for=("api", "temporal"))
    assert gone(first)
    assert stand_in.reaches("READY").pid != first.pid


if sys.platform.startswith("linux"):  # other kernels do not tell a program of its parent's end

    def test_temporal_ends_with_its_daemon_even_when_nobody_starts_another(stand_in: TemporalPlace) -> None:
        running = stand_in.place.start(wait_for=("api", "temporal"))
        temporal = stand_in.reaches("READY")
        os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: gone(temporal), "temporal ends")


def test_an_orphan_that_does_not_hear_is_ended_by_force(stand_in: TemporalPlace) -> None:
    deaf = STAND_IN.replace("with socket", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwith socket")
    program(Path(stand_in.wanted.program), deaf)
    running = stand_in.place.start(wait_for=("api", "temporal"))
    temporal = stand_in.reaches("READY")
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: not process.birth(running.pid), "the daemon is gone")
    assert not gone(temporal)
    leftovers.reap(stand_in.place.state, lambda _line: None, grace_seconds=0.1)
    assert gone(temporal)
