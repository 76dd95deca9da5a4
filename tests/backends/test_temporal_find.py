"""Finding the program on this machine, and which release there is for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from apps.backends.local.temporal import find, release, server
from apps.backends.local.temporal.find import NotTemporal, Program
from apps.backends.local.temporal.unavailable import TemporalUnavailable
from apps.backends.local_settings import ManagedTemporal
from tests.backends.kit.release_host import program


def telling(version: str) -> str:
    return f"#!/bin/sh\necho 'temporal version {version} (Server 1.30.0, UI 2.1)'\n"


class Machine:
    """A place with programs called temporal in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.notes: list[str] = []

    def install(self, where: str, text: str = "") -> str:
        return program(self.directory / where / "temporal", text or telling(where.replace("/", ".")))

    def find(self, configured: str = "") -> Program | None:
        wanted = ManagedTemporal(str(self.directory / "cache"), "1.5.1", configured)
        return find.find(wanted, f"{self.directory}/nothing:{self.directory}/path", self.notes.append)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_configured_comes_before_path_before_cache_before_nothing(machine: Machine) -> None:
    cached = machine.install("cache/temporal/1.5.1")
    on_path = machine.install("path")
    configured = machine.install("configured")
    seen = [machine.find(configured), machine.find()]
    Path(on_path).unlink()
    seen.append(machine.find())
    Path(cached).unlink()
    assert [found.path for found in seen if found] == [configured, on_path, cached]
    assert machine.find() is None


def test_another_version_of_the_cache_is_not_this_one(machine: Machine) -> None:
    machine.install("cache/temporal/1.4.0")
    assert machine.find() is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#!/bin/sh\necho hello\n", "it does not say that it is Temporal"),
        ("#!/bin/sh\nexit 3\n", "it ended with exit code 3 when asked for its version"),
        ("#!/no/such/interpreter\n", "it does not run: No such file or directory"),
        ("\x7fELF", "it does not run: Exec format error"),
    ],
)
def test_what_is_not_temporal_is_passed_over_on_path_and_refused_where_configured(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    path = machine.install("path", text)
    cached = machine.install("cache/temporal/1.5.1")
    found = machine.find()
    assert found
    assert found.path == cached
    assert machine.notes == [f"{path} is passed over: {says}"]
    with pytest.raises(TemporalUnavailable, match=says) as refused:
        machine.find(path)
    assert "backend.local.temporal.path" in refused.value.message
    assert "stigmer config set backend.local.temporal.path" in refused.value.hint
    monkeypatch.setenv("STIGMER_TEMPORAL_PATH", path)
    with pytest.raises(TemporalUnavailable) as refused:
        machine.find(path)
    assert refused.value.hint == "Name another with `export STIGMER_TEMPORAL_PATH=FILE`, then `stigmer server restart`"


def test_a_configured_program_that_is_not_there_is_told(machine: Machine) -> None:
    machine.install("path")
    with pytest.raises(TemporalUnavailable, match="it does not run: No such file"):
        machine.find("/no/such/temporal")


@pytest.mark.parametrize(
    ("said", "version", "of_server"),
    [
        ("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)", "1.5.1", "1.29.1"),
        ("temporal version 0.0.0-DEV (Server 1.30.0-rc.1, UI 2)", "0.0.0-DEV", "1.30.0-rc.1"),
        ("a newer one exists\ntemporal version 2.0.0", "2.0.0", "2.0.0"),
    ],
)
def test_versions_are_read(machine: Machine, said: str, version: str, of_server: str) -> None:
    path = machine.install("here", f"#!/bin/sh\necho '{said}'\n")
    assert find.look_at(path) == Program(path, version, of_server)


def test_the_program_sees_no_keys_and_no_settings_of_temporals(machine: Machine) -> None:
    path = machine.install("here", "#!/bin/sh\nenv >&2\nexit 1\n")
    with pytest.raises(NotTemporal):
        find.look_at(path)
    environ = {"ANTHROPIC_API_KEY": "sk", "TEMPORAL_ENV": "prod", "STIGMER_TOKEN": "t", "PATH": "/bin", "HOME": "/h"}
    assert find.environment(environ) == {"PATH": "/bin", "HOME": "/h"}


# How it is started


def test_it_listens_on_loopback_keeps_its_data_and_shows_no_pages() -> None:
    command = server.command(Program("/bin/temporal", "1.5.1", "1.29.1"), "127.0.0.1:7300", "/d/temporal.db")
    said = " ".join(command)
    assert said.startswith("/bin/temporal server start-dev --headless --ip 127.0.0.1 --port 7300 ")
    assert "--db-filename /d/temporal.db" in said
    assert "--sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=2" in said
    assert command.count("--dynamic-config-value") == 5


def test_each_version_of_the_server_has_a_directory_of_its_own() -> None:
    old, new = (server.database("/d", Program("/t", "1.5.1", version)) for version in ("1.29.1", "../../x"))
    assert old == "/d/temporal/1.29.1/temporal.db"
    assert os.path.dirname(os.path.dirname(os.path.normpath(new))) == "/d/temporal"  # noqa: PTH120


# Releases


def test_there_is_an_archive_for_each_common_machine() -> None:
    for machine in ("linux_amd64", "linux_arm64", "darwin_arm64", "darwin_amd64"):
        found = release.release_for("1.5.1", machine)
        assert found.url == (
            f"https://github.com/temporalio/cli/releases/download/v1.5.1/temporal_cli_1.5.1_{machine}.tar.gz"
        )
        assert len(bytes.fromhex(found.sha256)) == 32


def test_this_machine_is_named_as_the_archives_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert release.this_machine() == "darwin_arm64"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert release.this_machine() == "linux_amd64"


@pytest.mark.parametrize(("version", "machine", "says"), [("1.6.0", "", "checksum"), ("1.5.1", "plan9_mips", "plan9")])
def test_what_cannot_be_proved_is_not_downloaded(version: str, machine: str, says: str) -> None:
    with pytest.raises(TemporalUnavailable, match=says) as refused:
        release.release_for(version, machine)
    assert refused.value.permanent
    assert "stigmer server restart" in refused.value.hint
