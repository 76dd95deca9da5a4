"""Directories, processes, ports: what the daemon stands on."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from apps.backends.config import config_path
from apps.backends.errors import HomeMissing
from apps.backends.local import leftovers, lock, port_holder
from apps.backends.local.daemon import Daemon
from apps.backends.local.errors import DataDirError
from apps.backends.local.paths import DataPaths
from apps.backends.local.state import ComponentState, DaemonState, from_json, read_state, to_json, write_state
from apps.processes import addresses, process
from apps.processes.addresses import Address, parse_address
from tests.backends.kit.place import Place
from tests.support.daemon import wait_until

# The data directory


def test_directories_are_made_for_the_owner_only(tmp_path: Path) -> None:
    paths = DataPaths(str(tmp_path / "a" / "b"))
    paths.prepare()
    paths.prepare()
    made = [Path(path) for path in (paths.root, paths.logs, paths.run, paths.ui)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
    assert sorted(path.name for path in Path(paths.run).iterdir()) == ["ui"]


def test_directories_open_to_others_are_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    DataPaths(str(tmp_path)).prepare()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize("below", ["", "data"])
def test_a_file_in_the_way_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirError, match="a file is in its way"):
        DataPaths(str(tmp_path / "file" / below)).prepare()


def test_a_place_that_is_nobodys_to_write_is_told() -> None:
    with pytest.raises(DataDirError) as wrong:
        DataPaths("/proc/stigmer").prepare()
    assert "/proc/stigmer" in wrong.value.message
    assert "stigmer config set backend.local.data_dir" in wrong.value.hint


def test_a_place_beside_the_configuration_moves_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").touch()
    monkeypatch.setenv("STIGMER_HOME", str(tmp_path))
    with pytest.raises(DataDirError) as wrong:
        DataPaths(str(tmp_path / "data")).prepare()
    assert wrong.value.hint == "Move that file, or choose another directory with `export STIGMER_HOME=DIR`"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "your quota on the disk"),
        (errno.EFBIG, "the limit on the size of a file is too low"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "not writable by you"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    def refuse(_self: DataPaths) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(DataPaths, "_write_probe", refuse)
    with pytest.raises(DataDirError, match=says) as wrong:
        DataPaths(str(tmp_path)).prepare()
    assert wrong.value.hint


def test_a_home_that_does_not_exist_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "nobody"
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(HomeMissing, match=f"the home directory '{home}' does not exist"):
        DataPaths(str(home / ".stigmer" / "data")).prepare()
    assert not home.exists()
    DataPaths(str(tmp_path / "elsewhere")).prepare()


def test_without_any_home_it_is_told_how_to_choose_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(HomeMissing, match="HOME is not set") as missing:
        config_path({})
    assert "STIGMER_HOME" in missing.value.hint


# The state file


STATE = DaemonState(
    1,
    "b-1",
    2.0,
    3.0,
    "0.1.0",
    "/d",
    "localhost:1",
    "localhost:2",
    "ready",
    (ComponentState("api", "READY", lines=("a",)),),
)


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "run" / "state.json"
    path.parent.mkdir()
    state = STATE._replace(data_dir=str(tmp_path))
    write_state(str(path), state)
    assert read_state(str(path)) == state
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_state_of_another_directory_is_none(tmp_path: Path) -> None:
    path = tmp_path / "run" / "state.json"
    path.parent.mkdir()
    for other in ("/", "/no/such/directory"):
        write_state(str(path), STATE._replace(data_dir=other))
        assert read_state(str(path)) is None


def test_what_a_later_version_adds_is_passed_over() -> None:
    text = to_json(STATE).replace(b'"pid": 1', b'"mood": "good", "pid": 1').replace(b'"name"', b'"colour": 1, "name"')
    assert from_json(text) == STATE


def test_a_daemon_goes_on_when_its_state_cannot_be_written_and_catches_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.paths.prepare()
    daemon = Daemon(place.settings, ())
    run = Path(place.paths.run)
    aside = run.with_name("aside")
    run.rename(aside)
    daemon._publish()
    aside.rename(run)
    assert not Path(place.paths.state).exists()
    daemon._publish()
    assert place.state.pid == os.getpid()
    Path(place.paths.state).unlink()  # or the clean-up would end this very process
    daemon._supervisor.close()
    assert "cannot be written, will be tried again" in Path(place.paths.log("daemon")).read_text()
    daemon._log.close()


# Processes


def sleeper(code: str = "input()") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def test_a_process_is_known_by_its_birth() -> None:
    with sleeper() as one, sleeper() as other:
        born = process.birth(one.pid)
        assert process.is_same(one.pid, born)
        assert not process.is_same(one.pid, born + "0")
        assert not process.is_same(other.pid, "")
        one.kill()
        wait_until(lambda: process.birth(one.pid) == "", "a zombie counts as gone")
        assert not process.send(one.pid, born, signal.SIGTERM)
        other.kill()
    assert process.birth(0) == process.birth(-1) == process.birth(2**22 - 1) == ""


def test_a_birth_does_not_depend_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    before = process.birth(os.getpid())
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert process.birth(os.getpid()) == before


def test_the_start_is_told_in_seconds_since_the_epoch() -> None:
    assert process.started_at(os.getpid()) == pytest.approx(psutil.Process().create_time(), abs=1.5)


def test_the_portable_birth_tells_processes_apart_too() -> None:
    with sleeper() as one:
        assert process._portable_birth(one.pid)
        assert process._portable_birth(one.pid) != process._portable_birth(os.getpid())
        one.kill()
    assert process._portable_birth(one.pid) == ""


def test_a_leftover_that_ignores_term_is_killed() -> None:
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); input()"
    with sleeper(deaf) as leftover:
        assert leftover.stdout
        leftover.stdout.readline()
        unit = ComponentState("api", "READY", pid=leftover.pid, birth=process.birth(leftover.pid))
        told: list[str] = []
        leftovers.reap(STATE._replace(components=(unit,)), told.append, grace_seconds=0.05)
        assert leftover.wait(timeout=10) == -signal.SIGKILL
    assert [line.rpartition(", ")[2] for line in told] == ["told to end", "killed"]


def test_a_lock_is_held_by_one_and_ends_with_it(tmp_path: Path) -> None:
    path = str(tmp_path / "daemon.lock")
    assert lock.holder(path) is None
    first = lock.acquire(path)
    assert first is not None
    assert lock.holder(path) == (os.getpid(), process.birth(os.getpid()))
    assert lock.acquire(path) is None
    os.close(first)
    second = lock.acquire(path)
    assert second is not None
    os.close(second)


# Ports


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("localhost:50051", Address("localhost", 50051)),
        ("[::1]:80", Address("::1", 80)),
        ("a.example.com:65535", Address("a.example.com", 65535)),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "localhost", ":80", "localhost:", "localhost:0", "localhost:65536", "h:-1", "h:²"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not HOST:PORT|is not a port"):
        parse_address(text)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_localhost_is_taken_when_either_loopback_is(family: socket.AddressFamily, host: str) -> None:
    with socket.create_server((host, 0), family=family) as server:
        address = Address("localhost", server.getsockname()[1])
        assert not addresses.is_free(address)
        assert addresses.can_connect(address)
        assert addresses.next_free(address).port > address.port
    assert addresses.is_free(address)
    assert not addresses.can_connect(address)


def test_a_wildcard_server_takes_the_loopbacks_too() -> None:
    with socket.create_server(("", 0)) as server:
        assert not addresses.is_free(Address("127.0.0.1", server.getsockname()[1]))


def test_the_holder_of_a_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        holder = port_holder.find_holder(port)
        assert port_holder.main([str(port)]) == 0
    assert holder.pid == os.getpid()
    told = json.loads(capsys.readouterr().out)
    assert told["text"].startswith(f"port {port} is held by {holder.name} (pid {os.getpid()}: ")
    assert told["data_dir"] == ""
    assert len(str(holder)) < 200
    assert "does not say which" in str(port_holder.find_holder(port))
