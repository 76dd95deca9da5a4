"""`stigmer server`, `backend status` and `ui`."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest

from apps.backends.local.damage import Damage, note
from apps.backends.local.launch import Status
from apps.backends.local.state import ComponentState, DaemonState
from cli.commands.server import print_problems
from cli.output import Console
from tests.support.daemon import temporary_installation, wait_until
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


def test_start_status_restart_stop(fresh_installation: Installation) -> None:
    run = fresh_installation.run
    before = run("server", "status")
    assert (before.code, before.stdout) == (1, "The server is not running.\n")
    assert before.stderr.endswith("hint: stigmer server start\n")
    assert run("server", "status", "-o", "json").json()["running"] is False
    assert run("server", "stop").stderr == "No server was running\n"
    assert run("server", "logs").stderr == "There are no logs yet.\n"

    assert run("server").code == 0
    pid = fresh_installation.state()["pid"]
    again = run("server", "start")
    assert again.stderr.startswith("Already running: API at ")
    assert fresh_installation.state()["pid"] == pid

    status = run("server", "status")
    assert status.code == 0
    headers, api = (line.split() for line in status.stdout.splitlines()[:2])
    assert headers == ["COMPONENT", "STATE", "PID", "ADDRESS", "SINCE", "REASON"]
    assert (api[0], api[1], api[3]) == ("api", "READY", fresh_installation.endpoint)
    assert f"Data directory:  {fresh_installation.data_dir}" in status.stdout
    found = run("server", "status", "--output", "json").json()
    assert (found["ready"], found["pid"], found["endpoint"]) == (True, pid, fresh_installation.endpoint)
    assert run("server", "status", "-o", "name").stdout == "api\nweb\n"

    restarted = run("server", "restart")
    assert restarted.code == 0, restarted.stderr
    assert fresh_installation.state()["pid"] != pid
    served = {each["name"]: each["state"] for each in fresh_installation.state()["components"]}
    assert (served["api"], served["web"]) == ("READY", "READY")
    assert run("server", "stop").stderr == "Stopping local backend daemon\nServer stopped\n"
    assert run("server", "status").code == 1


def test_status_tells_of_a_damaged_database_and_of_an_api_that_does_not_answer(
    fresh_installation: Installation,
) -> None:
    run, data = fresh_installation.run, fresh_installation.data_dir
    assert run("server").code == 0
    note(str(data / "damaged.json"), str(data / "stigmer.db"), Damage("the database is damaged", "Put a copy there"))
    damaged = run("server", "status")
    assert damaged.code == 1
    assert "READY" not in damaged.stdout.splitlines()[1]
    assert "api is FAILED: nothing is written: the database is damaged" in damaged.stderr
    assert damaged.stderr.endswith("hint: Put a copy there\n")
    (data / "damaged.json").unlink()

    api = fresh_installation.state()["components"][0]["pid"]
    os.kill(api, signal.SIGSTOP)
    try:
        frozen = run("server", "status", "-o", "json")
    finally:
        os.kill(api, signal.SIGCONT)
    assert (frozen.code, frozen.json()["ready"]) == (1, False)
    assert frozen.json()["problem"] == "api is FAILED: it accepts connections and did not answer within 3 s"
    assert "stigmer server restart" in frozen.json()["hint"]
    assert run("server", "status").code == 0


def test_logs_are_merged_limited_and_picked(installation: Installation) -> None:
    everything = installation.run("server", "logs", "-n", "1000")
    assert everything.code == 0
    assert {line.split()[1] for line in everything.stdout.splitlines()} >= {"api", "daemon"}
    assert len(installation.run("server", "logs", "-n", "3").stdout.splitlines()) == 3
    picked = installation.run("server", "logs", "-c", "api", "-n", "100").stdout
    assert {line.split()[1] for line in picked.splitlines()} == {"api"}
    unknown = installation.run("server", "logs", "-c", "kitchen")
    assert unknown.code == 4
    assert "hint: Components with a log: " in unknown.stderr


def test_followed_logs_go_on_until_ctrl_c(installation: Installation) -> None:
    process = installation.start("server", "logs", "-f", "-n", "1")
    if process.stdout is None:
        pytest.fail("no pipe")
    assert process.stdout.readline() != ""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130


def test_backend_status_tells_where_resources_live(
    installation: Installation, fresh_installation: Installation
) -> None:
    found = installation.run("backend", "status", "-o", "json").json()
    assert (found["type"], found["organization"], found["reachable"]) == ("local", "local", True)
    assert found["endpoint"] == installation.endpoint
    absent = fresh_installation.run("backend", "status")
    assert absent.code == 0
    assert "Reachable:     no" in absent.stdout
    assert fresh_installation.state() == {}


def test_a_backend_that_this_version_lacks_is_one_clear_error(fresh_installation: Installation) -> None:
    sentence = "error: this version of stigmer has no cloud backend\n\nhint: "
    for arguments in (("get", "agents"), ("delete", "agent", "a"), ("apply", "-f", "a.yaml"), ("backend", "status")):
        done = fresh_installation.run(*arguments, env={"STIGMER_BACKEND": "cloud"})
        assert (done.code, done.stderr) == (2, f"{sentence}export STIGMER_BACKEND=local\n")
    (fresh_installation.home / "config.yaml").write_text("backend: {type: cloud}\n")
    assert fresh_installation.run("get", "agents").stderr == f"{sentence}stigmer config set backend.type local\n"


def test_ui_prints_an_address_that_signs_in_once(installation: Installation) -> None:
    done = installation.run("ui", "--no-browser")
    assert done.code == 0, done.stderr
    address = done.stdout.strip()
    assert address.startswith(f"http://{installation.web}/sign-in/")
    token = address.rpartition("?token=")[2]
    file = installation.data_dir / "run" / "ui" / hashlib.sha256(token.encode()).hexdigest()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert answer.status == 200
        assert any("session" in cookie for cookie in answer.headers.get_all("Set-Cookie"))
    assert not file.exists()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(address, timeout=20)


def test_ui_leads_to_what_is_named(installation: Installation, tmp_path: Path) -> None:
    assert installation.run("apply", "-f", str(write_agent(tmp_path / "a.yaml", "shown-agent"))).code == 0
    done = installation.run("ui", "agent", "shown-agent", "--no-browser")
    assert "&show=agt-" in done.stdout, done.stderr
    assert installation.run("ui", "agent", "nobody-there", "--no-browser").code == 4
    assert installation.run("ui", "wex-01jzzzzzzzzzzzzzzzzzzzzzzz", "--no-browser").code == 4
    assert "stigmer ui agent NAME" in installation.run("ui", "agent", "--no-browser").stderr


def test_ui_opens_the_browser_that_there_is(installation: Installation, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    done = installation.run("ui", env={"BROWSER": f"{browser} %s", "TERM": "dumb"})
    assert (done.code, done.stdout) == (0, "")
    opened = tmp_path / "opened"
    wait_until(opened.exists, "the browser was started")
    assert opened.read_text().startswith(f"http://{installation.web}/sign-in/")


def test_a_taken_port_is_told_with_its_holder(fresh_installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "homeless")
    with socket.create_server(("127.0.0.1", fresh_installation.port)):
        done = fresh_installation.run("apply", "-f", str(file))
    assert done.code == 1
    assert f"port {fresh_installation.port} " in done.stderr
    assert str(os.getpid()) in done.stderr
    assert "hint: " in done.stderr
    assert "Deployment successful" not in done.stdout


def test_two_applies_at_once_share_one_daemon(fresh_installation: Installation, tmp_path: Path) -> None:
    files = [write_agent(tmp_path / f"{name}.yaml", name) for name in ("left", "right")]
    processes = [fresh_installation.start("apply", "-f", str(file)) for file in files]
    ended = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    assert all("✓ Created" in stdout for stdout, _ in ended)
    log = (fresh_installation.data_dir / "logs" / "daemon.log").read_text()
    assert log.count(" started (pid ") == 1
    assert fresh_installation.run("get", "agents", "-o", "name").stdout.count("agent/") == 2


def test_after_a_kill_of_everything_the_next_apply_succeeds(fresh_installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "survivor")
    assert fresh_installation.run("apply", "-f", str(file)).code == 0
    fresh_installation.kill()
    done = fresh_installation.run("apply", "-f", str(file))
    assert done.code == 0, done.stderr
    assert "unchanged" in done.stdout


def test_a_daemon_killed_in_the_middle_of_an_apply_leaves_all_or_nothing(
    fresh_installation: Installation, tmp_path: Path
) -> None:
    single = write_agent(tmp_path / "one.yaml", "NAME").read_text()
    (tmp_path / "one.yaml").unlink()
    file = tmp_path / "many.yaml"
    file.write_text("---\n".join(single.replace("NAME", f"many-{number}") for number in range(2000)))
    assert fresh_installation.run("server", "start").code == 0
    process = fresh_installation.start("apply", "-f", str(file), "-o", "name")
    if process.stderr is None:
        pytest.fail("no pipe")
    # The request goes out right after the last of these lines.
    while "2000/2000" not in (line := process.stderr.readline()):
        assert line != "", "the apply ended early"
    fresh_installation.kill()
    stdout, stderr = process.communicate(timeout=60)
    if process.returncode == 0:
        assert stdout.count("agent/") == 2000
    else:
        assert "error: " in stderr
        assert "hint: " in stderr
    stored = fresh_installation.run("get", "agents", "-o", "name", "--limit", "5000").stdout.count("agent/many-")
    assert stored in (0, 2000)
    again = fresh_installation.run("apply", "-f", str(file), "-o", "name")
    assert again.code == 0, again.stderr
    assert again.stdout.count("agent/many-") == 2000


def test_every_unit_is_shown_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    missing = str(tmp_path / "no-such-temporal")
    with temporary_installation(home, STIGMER_UNITS="api,temporal", STIGMER_TEMPORAL_PATH=missing) as made:
        assert made.run("server", "start").code == 0
        wait_until(lambda: component(made, "temporal")["state"] in {"BACKOFF", "FAILED"}, "temporal gives up")
        status = made.run("server", "status")
        assert status.code == 0
        assert [line.split()[0] for line in status.stdout.splitlines()[1:3]] == ["api", "temporal"]
        for words in (status.stderr, made.run("backend", "status").stderr):
            assert f"warning: temporal is {component(made, 'temporal')['state']}: " in words
            assert "\nhint: " in words
        assert "api READY, temporal " in made.run("backend", "status").stdout


def test_a_unit_that_names_no_way_out_is_read_about_in_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    web = ComponentState("web", "BACKOFF", reason="it was killed by signal 9 (KILL)")
    state = DaemonState(1, "b", 0.0, 0.0, "0.1.0", "/d", "localhost:1", "localhost:2", "ready", (web,))
    print_problems(Console(), Status(running=True, state=state))
    assert capsys.readouterr().err == (
        "warning: web is BACKOFF: it was killed by signal 9 (KILL)\n\nhint: stigmer server logs -c web\n"
    )


def test_what_runs_already_is_not_said_to_start(fresh_installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", fresh_installation.web_port)):
        assert fresh_installation.run("server", "start").code == 0
        refused = fresh_installation.run("ui", "--no-browser")
    assert refused.code == 1
    assert refused.stderr.startswith("Waiting for the admin\n")
    assert "daemon: starting" not in refused.stderr


def component(installation: Installation, name: str) -> dict[str, Any]:
    """A unit as the daemon's state file has it."""
    return next(each for each in installation.state()["components"] if each["name"] == name)


@pytest.fixture
def usual_ports_are_taken() -> Iterator[None]:
    """By us, or by whoever else is on this machine."""
    with ExitStack() as held:
        for port in (50051, 8234):
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


@pytest.mark.usefixtures("usual_ports_are_taken")
def test_where_the_usual_ports_are_taken_a_home_has_others_and_says_which(fresh_installation: Installation) -> None:
    nothing_asked_for = {"STIGMER_SERVER_ADDR": "", "STIGMER_WEB_ADDR": ""}
    fresh_installation.extra.update(nothing_asked_for)
    started = fresh_installation.run("server", "start")
    assert started.code == 0, started.stderr
    state = fresh_installation.state()
    assert "port 50051 is held by " in started.stderr
    assert f": the API listens at {state['endpoint']} from now on" in started.stderr
    assert f": the admin listens at {state['web']} from now on" in started.stderr
    assert f"Running: API at {state['endpoint']}, admin at http://{state['web']}" in started.stderr
    kept = fresh_installation.run("config", "get", "backend.local.endpoint", "--output", "json").json()
    assert (kept["value"], kept["from"]) == (state["endpoint"], "kept")
    listed = fresh_installation.run("get", "organizations", "--output", "name")
    assert listed.stdout == "organization/local\n", listed.stderr
    again = fresh_installation.run("server", "start")
    assert f"Already running: API at {state['endpoint']}" in again.stderr
    assert "from now on" not in again.stderr


def test_an_admin_that_does_not_run_is_not_pointed_to(fresh_installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", fresh_installation.web_port)):
        started = fresh_installation.run("server", "start")
        assert f"API at {fresh_installation.endpoint}, no admin" in started.stderr
        assert str(fresh_installation.web_port) not in started.stderr.rpartition("Running")[2]


def test_keys_are_rotated_while_the_server_runs(fresh_installation: Installation, tmp_path: Path) -> None:
    nothing = fresh_installation.run("server", "rotate-keys")
    assert (nothing.code, nothing.stdout) == (0, "")
    assert nothing.stderr == "There is no key: no secret was ever stored here.\n"
    file = tmp_path / "e.yaml"
    head = "apiVersion: agentic.stigmer.ai/v1\nkind: Environment\nmetadata: {name: keys}\n"
    file.write_text(f"{head}spec: {{data: {{TOKEN: {{value: hush-hush, isSecret: true}}}}}}\n")
    assert fresh_installation.run("apply", "-f", str(file)).code == 0
    rotated = fresh_installation.run("server", "rotate-keys")
    assert rotated.code == 0, rotated.stderr
    assert re.fullmatch(r"Added the key [\w-]+: \d+ values encrypted anew\.\nKept: .*\n", rotated.stderr)
    # Stored under the new key, and known to be the same value.
    again = fresh_installation.run("apply", "-f", str(file), "-o", "json").json()
    assert [each["action"] for each in again["resources"]] == ["unchanged"]
    (fresh_installation.data_dir / "keys" / "secrets").write_text("no key\n")
    broken = fresh_installation.run("server", "rotate-keys")
    assert broken.code == 1
    assert broken.stderr.startswith("error: the keys were not changed: ")
    assert "Traceback" not in broken.stderr


def test_a_damaged_file_of_a_key_is_told_once_with_a_way_out(fresh_installation: Installation) -> None:
    token = fresh_installation.data_dir / "keys" / "api-token"
    token.parent.mkdir(parents=True, mode=0o700)
    token.touch()
    env = {"STIGMER_REQUIRE_TOKEN": "true"}
    done = fresh_installation.run("server", "start", env=env)
    assert (done.code, done.stderr.count("api: starting")) == (1, 1)
    assert f"api is FAILED: the file {token} is damaged: it is empty\n" in done.stderr
    assert done.stderr.rstrip().endswith(f"`mv {token} {token}.damaged`")
    fresh_installation.run("server", "stop")
    token.unlink()
    assert fresh_installation.run("server", "start", env=env).code == 0
    assert fresh_installation.run("get", "agents", env=env).code == 0
