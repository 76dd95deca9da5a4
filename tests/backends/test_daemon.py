"""The daemon as a whole, from outside: a real daemon process whose units are scripted."""

from __future__ import annotations

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

from apps.backends.local import launch, starting
from apps.backends.local.errors import ComponentFailed, DaemonDied, StartTimeout
from apps.backends.local.running import Progress, RunningDaemon
from apps.backends.local.state import ComponentState, DaemonState, write_state
from apps.backends.local_settings import from_environ
from apps.backends.version import VERSION
from apps.processes import process
from tests.backends.kit.place import Place
from tests.backends.kit.units import READY, unit
from tests.support.daemon import wait_until

REPOSITORY = Path(__file__).parents[2]
CLIENT = Path(__file__).parent / "kit" / "client_entry.py"


def gone(pid: int) -> bool:
    return not process.birth(pid)


# Starting


def test_nothing_runs_then_everything_does(place: Place) -> None:
    assert launch.find_running(place.settings) is None
    running = place.start()
    assert running.was_started
    assert (running.endpoint, running.web) == (place.settings.endpoint, place.settings.web)
    assert place.daemons() == [running.pid]
    assert Progress("daemon", "STARTING") == place.told[0]
    assert Progress("api", "STARTING") in place.told
    assert place.told[-1].component in {"api", "web"}
    assert place.state.phase == "ready"


def test_what_runs_is_found_and_left_alone(place: Place) -> None:
    first = place.start()
    place.told.clear()
    again = place.start()
    assert not again.was_started
    assert again.pid == first.pid
    assert place.told == []
    assert launch.find_running(place.settings) == again


def test_the_web_is_waited_for_when_asked(place: Place) -> None:
    place.start(wait_for=("api", "web"))
    assert place.component("web").state == "READY"
    with socket.create_connection(("127.0.0.1", int(place.settings.web.rpartition(":")[2]))) as connection:
        assert connection.getpeername()


def test_progress_tells_what_the_server_is_doing(place: Place) -> None:
    place.use_api(f"say(stage='migrating the database'); time.sleep(0.05); {READY}")
    place.start()
    assert Progress("api", "STARTING", "migrating the database") in place.told
    assert place.told[-1] == Progress("api", "READY")


def test_the_daemons_files_are_nobody_elses_business(place: Place) -> None:
    place.start()
    files = [path for path in Path(place.settings.data_dir).rglob("*") if path.name != "units.json"]
    modes = {str(path): stat.S_IMODE(path.stat().st_mode) for path in files}
    assert {"daemon.lock", "state.json", "daemon.log"} <= {path.name for path in files}
    assert {mode for path, mode in modes.items() if Path(path).is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if Path(path).is_file()} == {0o600}


def test_units_see_where_they_work_and_nothing_of_the_users_python(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/home/user/project")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-1")
    place.use_api(f"print(json.dumps(dict(os.environ)), flush=True); print(os.getcwd(), flush=True); {READY}")
    place.start()
    environment, directory = [line[25:] for line in Path(place.paths.log("api")).read_text().splitlines()]
    seen = json.loads(environment)
    assert from_environ(seen) == place.settings
    assert directory == place.paths.root
    assert seen["ANTHROPIC_API_KEY"] == "sk-1"
    assert not {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE"} & set(seen)


def test_the_daemon_is_detached_from_its_starter(place: Place) -> None:
    running = place.start()
    assert os.getsid(running.pid) == running.pid
    assert psutil.Process(running.pid).cwd() == place.paths.root


def test_many_starters_at_once_get_one_daemon(place: Place) -> None:
    command = [sys.executable, str(CLIENT), place.settings.to_json()]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    starters = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(4)
    ]
    answers = []
    for starter in starters:
        output, errors = starter.communicate(timeout=30)
        assert starter.returncode == 0, errors
        answers.append(json.loads(output))
    assert len({answer["pid"] for answer in answers}) == 1
    wait_until(lambda: place.daemons() == [answers[0]["pid"]], "the other daemons have ended")


def test_starting_early_saves_the_later_wait(place: Place) -> None:
    launch.spawn_early(place.settings)
    wait_until(lambda: launch.find_running(place.settings) is not None, "it comes up by itself")
    launch.spawn_early(place.settings)
    assert len(place.daemons()) == 1
    assert not place.start().was_started


def test_a_daemon_that_was_started_early_is_the_one_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    launch.spawn_early(place.settings)
    monkeypatch.setattr(starting, "daemon_command", lambda _settings: pytest.fail("a second daemon was started"))
    assert place.start().was_started


def test_an_early_start_that_cannot_work_is_reported_later(place: Place) -> None:
    place.paths.prepare()
    Path(place.paths.lock).mkdir()
    launch.spawn_early(place.settings)
    with pytest.raises(DaemonDied) as died:
        place.start()
    assert "IsADirectoryError" in died.value.lines[-1]


def test_a_daemon_of_another_version_is_replaced(place: Place) -> None:
    place.use(unit(READY, essential=True), version="0.0.9")
    assert starting.spawn(place.settings).pid
    wait_until(lambda: Path(place.paths.state).exists() and place.state.phase == "ready", "the old one is ready")
    old = place.state
    place.use_api()
    new = place.start()
    assert Progress("daemon", "STOPPING", "replacing version 0.0.9") in place.told
    assert gone(old.pid)
    assert gone(old.components[0].pid)
    assert new.version == VERSION
    assert place.daemons() == [new.pid]


def test_a_busy_daemon_of_another_version_is_kept_when_the_caller_says_so(place: Place) -> None:
    place.use(unit(READY, essential=True), version="0.0.9")
    assert starting.spawn(place.settings).pid
    wait_until(lambda: Path(place.paths.state).exists() and place.state.phase == "ready", "the old one is ready")
    old = place.state
    asked: list[RunningDaemon] = []

    def keep_it(running: RunningDaemon) -> None:
        asked.append(running)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        place.start(before_replacing=keep_it)
    assert [(running.pid, running.version) for running in asked] == [(old.pid, "0.0.9")]
    assert not gone(old.pid)
    assert place.start(before_replacing=lambda _running: None).pid != old.pid


# What is found lying about


def stale_state(place: Place, pid: int, birth: str) -> DaemonState:
    innocent = ComponentState("api", "READY", pid=pid, birth=birth, address=place.settings.endpoint)
    return DaemonState(
        pid,
        birth,
        0.0,
        0.0,
        VERSION,
        place.paths.root,
        place.settings.endpoint,
        place.settings.web,
        "ready",
        (innocent,),
    )


def test_a_reused_process_number_is_not_trusted_and_not_touched(place: Place) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as innocent:
        place.paths.prepare()
        write_state(place.paths.state, stale_state(place, innocent.pid, "00000000-1"))
        assert not launch.status(place.settings).running
        running = place.start()
        assert running.pid != innocent.pid
        assert innocent.poll() is None
        innocent.communicate(b"\n")


def test_a_stale_state_of_a_dead_process_is_passed_over(place: Place) -> None:
    place.paths.prepare()
    write_state(place.paths.state, stale_state(place, 2**22 - 1, "00000000-1"))
    assert launch.status(place.settings).problem == "the daemon was killed"
    assert place.start().was_started


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1, "components": [{}]}'])
def test_a_damaged_state_is_passed_over(place: Place, text: str) -> None:
    place.paths.prepare()
    Path(place.paths.state).write_text(text)
    assert launch.status(place.settings).state is None
    assert place.start().was_started


def test_a_lock_file_that_was_left_behind_locks_nothing(place: Place) -> None:
    place.paths.prepare()
    Path(place.paths.lock).write_text(f"{os.getpid()} 00000000-1\n")
    assert place.start().was_started


def test_a_daemon_whose_state_was_deleted_writes_it_again(place: Place) -> None:
    first = place.start(wait_for=("api", "web"))
    Path(place.paths.state).unlink()
    assert place.start().pid == first.pid
    assert place.daemons() == [first.pid]


def test_a_daemon_whose_directory_was_removed_ends_without_touching_the_new_one(place: Place) -> None:
    first = place.start(wait_for=("api", "web"))
    # In one step: a directory that is emptied one by one gets the files of units that are just starting.
    Path(place.paths.root).rename(f"{place.paths.root}-removed")
    assert launch.find_running(place.settings) is None
    os.kill(first.pid, signal.SIGHUP)  # anything wakes it; a look at its units would, within 10 s
    wait_until(lambda: gone(first.pid), "the old one is gone")
    assert not Path(place.paths.root).exists()
    place.use_api()
    assert place.start().was_started


# Dying


def test_when_the_daemon_is_killed_its_units_end_and_the_next_start_succeeds(place: Place) -> None:
    first = place.start(wait_for=("api", "web"))
    units = [component.pid for component in place.state.components]
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: all(gone(pid) for pid in units), "the units see the end of file")
    assert launch.find_running(place.settings) is None
    second = place.start(wait_for=("api", "web"))
    assert second.was_started
    assert second.pid != first.pid


def test_units_that_outlive_a_killed_daemon_are_ended_before_new_ones_start(place: Place) -> None:
    deaf = f"server = listen({place.settings.endpoint!r}); say(ready=True); forever()"
    place.use(unit(deaf, address=place.settings.endpoint, essential=True))
    first = place.start()
    survivor = place.component("api").pid
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: gone(first.pid), "the daemon is gone")
    assert not gone(survivor)
    place.start()
    assert gone(survivor)
    assert place.component("api").pid != survivor


def test_a_killed_unit_is_back_soon(place: Place) -> None:
    place.start(wait_for=("api", "web"))
    web = place.component("web")
    os.kill(web.pid, signal.SIGKILL)
    wait_until(lambda: place.component("web").state == "BACKOFF", "its end is seen")
    assert launch.status(place.settings).problem == "web is BACKOFF: it was killed by signal 9 (KILL)"
    assert launch.find_running(place.settings) is not None
    wait_until(lambda: place.component("web").state == "READY", "it is back")
    assert place.component("web").starts == 2


# Failing


def test_a_taken_port_names_who_holds_it_and_how_to_use_another(place: Place) -> None:
    with socket.create_server(("127.0.0.1", int(place.settings.endpoint.rpartition(":")[2]))):
        with pytest.raises(ComponentFailed) as failed:
            place.start()
        assert f"pid {os.getpid()}" in failed.value.message
        assert "stigmer config set backend.local.endpoint localhost:" in failed.value.hint
        wait_until(lambda: not place.daemons(), "the daemon has ended")
        status = launch.status(place.settings)
        assert not status.running
        assert "is held by" in status.problem
    assert place.start().was_started


def test_a_taken_web_port_does_not_hinder_the_server(place: Place) -> None:
    with socket.create_server(("127.0.0.1", int(place.settings.web.rpartition(":")[2]))):
        running = place.start()
        with pytest.raises(ComponentFailed, match=r"web is FAILED: port \d+ is held by"):
            place.start(wait_for=("api", "web"))
        status = launch.status(place.settings)
    assert status.running
    assert status.problem.startswith("web is FAILED: port")
    assert "backend.local.web" in status.hint
    assert place.start().pid == running.pid


def test_a_server_that_refuses_for_good_is_reported_with_its_words(place: Place) -> None:
    place.use_api(
        "print('schema 99 is unknown', flush=True);"
        "say(failed='the database is newer than this program', hint='Upgrade stigmer', permanent=True); sys.exit(1)"
    )
    with pytest.raises(ComponentFailed) as failed:
        place.start()
    assert failed.value.component == "api"
    assert "the database is newer than this program" in failed.value.message
    assert failed.value.hint == "Upgrade stigmer"
    assert failed.value.lines == ("schema 99 is unknown",)
    wait_until(lambda: not place.daemons(), "the daemon has ended")
    assert launch.status(place.settings).problem == "api is FAILED: the database is newer than this program"


def test_after_a_failure_the_next_start_is_a_new_attempt(place: Place) -> None:
    place.use_api("say(failed='no', permanent=True); sys.exit(1)")
    with pytest.raises(ComponentFailed):
        place.start()
    place.use_api()
    assert place.start().was_started


def test_a_server_that_gave_up_while_running_is_replaced(place: Place) -> None:
    broken = Path(place.paths.root) / "broken"
    place.use_api(f"if os.path.exists('broken'): say(failed='no', permanent=True); sys.exit(1)\n{READY}")
    first = place.start()
    broken.touch()
    os.kill(place.component("api").pid, signal.SIGKILL)
    wait_until(lambda: place.component("api").state == "FAILED", "it gives up")
    assert launch.status(place.settings).running
    broken.unlink()
    second = place.start()
    assert second.pid != first.pid
    assert Progress("daemon", "STOPPING", "the server has given up") in place.told


def test_a_daemon_that_dies_at_once_shows_its_last_words(place: Place) -> None:
    (Path(place.settings.data_dir) / "units.json").write_text("not json")
    with pytest.raises(DaemonDied) as died:
        place.start()
    assert died.value.exit_code == 1
    assert any("JSONDecodeError" in line for line in died.value.lines)


def test_a_server_that_never_gets_ready_is_not_waited_for_for_ever(place: Place) -> None:
    place.use_api("say(stage='thinking'); alone()")
    with pytest.raises(StartTimeout, match="api: thinking"):
        place.start(timeout_seconds=5.0)
    assert len(place.daemons()) == 1


# Stopping


def test_stop_ends_everything_and_says_whether_there_was_anything(place: Place) -> None:
    running = place.start(wait_for=("api", "web"))
    units = [component.pid for component in place.state.components]
    assert launch.stop(place.settings, place.told.append)
    assert place.told[-1] == Progress("daemon", "STOPPING")
    assert all(gone(pid) for pid in [running.pid, *units])
    assert not Path(place.paths.state).exists()
    assert not launch.stop(place.settings)
    assert launch.status(place.settings) == launch.Status(running=False, state=None)


def test_a_daemon_that_hangs_is_killed_with_its_units(place: Place) -> None:
    place.use_api("say(ready=True); forever()")
    running = place.start()
    api = place.component("api").pid
    os.kill(running.pid, signal.SIGSTOP)
    assert launch.stop(place.settings, timeout_seconds=0.1)
    assert gone(running.pid)
    assert gone(api)
    assert launch.status(place.settings).state is None


def test_restart_gives_another_daemon(place: Place) -> None:
    first = place.start()
    assert launch.restart(place.settings).pid != first.pid


# Weight


def test_the_daemon_is_small_and_rests(place: Place) -> None:
    running = place.start(wait_for=("api", "web"))
    daemon = psutil.Process(running.pid)
    assert daemon.memory_info().rss < 24 * 2**20
    assert daemon.num_threads() == 1


def test_the_daemon_needs_the_standard_library_only() -> None:
    imported = modules_after("import apps.backends.local.daemon")
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names) | {"apps"}


def test_finding_a_running_daemon_imports_nothing_heavy(place: Place) -> None:
    place.start()
    imported = modules_after(
        "from apps.backends.local.launch import ensure_running; from apps.backends.local_settings import LocalSettings;"
        f"assert not ensure_running(LocalSettings(*{tuple(place.settings)!r})).was_started"
    )
    assert not {"psutil", "yaml", "grpc", "subprocess", "pathlib", "django", "threading"} & imported


def test_a_configuration_without_a_file_imports_nothing_heavy(tmp_path: Path) -> None:
    imported = modules_after(
        f"from apps.backends import config; config.load(environ={{'STIGMER_HOME': {str(tmp_path)!r}}})"
    )
    assert not {"psutil", "yaml", "grpc", "subprocess", "pathlib", "difflib", "ipaddress"} & imported


def test_a_daemon_weighs_nothing() -> None:
    imported = modules_after(
        "import apps.backends.local.daemon\n"
        "from apps.processes import addresses, sockets; sockets.listening_user(addresses.Address('127.0.0.1', 1))"
    )
    assert not {"pathlib", "urllib.parse", "ipaddress", "shlex", "unicodedata", "asyncio", "django"} & imported


def modules_after(code: str) -> set[str]:
    """What a bare interpreter has imported of its own accord after running the code (site's own imports aside)."""
    report = "import sys; before = set(sys.modules)\n" + code + "\nprint(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-P", "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
