"""`stigmer run` where something comes between: a cancel, Ctrl-C, a server that ends, is another version or starts."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from apps.backends.version import VERSION
from tests.support.daemon import temporary_installation, wait_until
from tests.support.manifests import write_project
from tests.support.runs import (
    deploy_agent,
    run_agent,
    started_id,
    wait_for_text,
    write_answers,
    write_workflow_project,
)
from tests.support.temporal import built_temporal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

# Slow enough to be interrupted, short enough to be waited for.
SAID = "one two three four five six seven eight nine ten"
SLOW = {"text": SAID, "chunk_delay_seconds": 0.25}

# No test waits for its end, however busy the machine is: it is cancelled.
ENDLESS = {"text": "word " * 4000, "chunk_delay_seconds": 0.25}


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "slow.yaml", SLOW)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "endless.yaml", ENDLESS)


def test_a_cancelled_run_is_exit_code_8(running: Installation, tmp_path: Path, endless: Path) -> None:
    deploy_agent(running, tmp_path, "stopped")
    process = running.start("run", "stopped", "-m", "hello", "--model", f"scripted:{endless}")
    run = started_id(process)
    wait_for_text(running, run)
    asked = running.run("executions", "cancel", run, "--reason", "changed my mind")
    assert asked.code == 0, asked.stderr
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 8, stderr
    assert "error: cancelled: changed my mind" in stderr
    assert stdout.count("word") < 4000
    again = running.run("executions", "cancel", run)
    hint = f"hint: `stigmer executions rerun {run}` starts it once more\n"
    assert (again.code, again.stderr) == (5, f"error: execution {run} has already ended: cancelled\n\n{hint}")


def test_of_several_runs_one_that_has_ended_keeps_no_other_from_being_cancelled(
    running: Installation, tmp_path: Path, endless: Path
) -> None:
    deploy_agent(running, tmp_path, "stopped-together")
    begin = ("run", "stopped-together", "-m", "hello", "--model", f"scripted:{endless}", "--no-follow", "-o", "name")
    first, second, third = (running.run(*begin).stdout.strip() for _ in range(3))
    assert running.run("executions", "cancel", first, "aex-01m84vtjb1p5003pehs82a2bad").code == 4
    both = running.run("executions", "cancel", first, second, f"agent-execution/{first}", "-o", "name")
    assert (both.code, both.stdout) == (0, f"{first}\n{second}\n")
    watched = running.run("executions", "follow", first)
    assert (watched.code, "error: cancelled" in watched.stderr) == (8, True)
    done = running.run("executions", "cancel", first, third)
    assert (done.code, third in done.stderr) == (5, True)
    assert f"error: execution {first} has already ended: cancelled\n" in done.stderr


def test_ctrl_c_leaves_the_run_alone_and_says_so(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "unbothered")
    # A first answer that is whole, which a pipe gets, and a second one that goes on.
    script = write_answers(
        tmp_path / "s.yaml", {"text": "First.", "calls": [{"name": "none", "arguments": {}}]}, ENDLESS
    )
    process = running.start("run", "unbothered", "-m", "hello", "--model", f"scripted:{script}")
    run = started_id(process)
    wait_for_text(running, run)
    ended = running.start("executions", "follow", run)
    for each, number in ((process, signal.SIGINT), (ended, signal.SIGTERM)):
        assert each.stdout is not None
        each.stdout.read(1)
        each.send_signal(number)
        _, stderr = each.communicate(timeout=20)
        assert each.returncode == 130
        assert stderr.endswith(
            "Detached; the run goes on.\n"
            f"  stigmer executions follow {run}    watch it again\n"
            f"  stigmer executions cancel {run}    end it\n"
        )
    quiet = running.start("executions", "follow", run, "--quiet")
    assert quiet.stdout is not None
    quiet.stdout.read(1)
    quiet.send_signal(signal.SIGINT)
    _, stderr = quiet.communicate(timeout=20)
    assert (quiet.returncode, stderr) == (130, "")
    assert re.search(r"^Phase: +in progress$", running.run("executions", "show", run).stdout, re.MULTILINE)
    assert running.run("executions", "cancel", run).code == 0


def test_ctrl_c_before_the_run_began_is_plainly_interrupted(running: Installation, tmp_path: Path) -> None:
    project = write_workflow_project(tmp_path / "p", "never-begun")
    (project / "main.py").write_text("import pathlib, time\npathlib.Path('on').touch()\ntime.sleep(600)\n")
    process = running.start("run", cwd=project)
    wait_until((project / "on").exists, "the entry point runs")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Detached" not in stderr


def test_a_killed_server_costs_no_word_and_doubles_none(fresh_runner: Installation, tmp_path: Path, slow: Path) -> None:
    deploy_agent(fresh_runner, tmp_path, "survivor")
    process = fresh_runner.start("run", "survivor", "-m", "hello", "--model", f"scripted:{slow}")
    run = started_id(process)
    wait_for_text(fresh_runner, run)
    api = next(each for each in fresh_runner.state()["components"] if each["name"] == "api")
    os.kill(api["pid"], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert stdout == f"{SAID}\n"
    assert "Completed" in stderr


def test_a_restarted_server_is_waited_for(fresh_runner: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "patient")
    assert fresh_runner.run("apply", cwd=project).code == 0
    slow = write_answers(tmp_path / "slow.yaml", SLOW)
    process = fresh_runner.start("run", "patient", "-m", "hello", "--model", f"scripted:{slow}")
    run = started_id(process)
    wait_for_text(fresh_runner, run)
    assert fresh_runner.run("server", "restart").code == 0
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "The server went away; waiting for it" in stderr
    assert stdout.rstrip().endswith(SAID), stdout


def test_a_daemon_of_another_version_that_is_busy_is_not_replaced_unasked(
    fresh_runner: Installation, tmp_path: Path, endless: Path
) -> None:
    deploy_agent(fresh_runner, tmp_path, "busy")
    assert run_agent(fresh_runner, "busy", endless, "--no-follow").code == 0
    wait_until(
        lambda: "in progress" in fresh_runner.run("executions", "list").stdout, "the run is under way", seconds=30
    )
    daemon = fresh_runner.state()["pid"]
    pretend_version(fresh_runner, "0.0.9")
    refused = fresh_runner.run("get", "agents")
    assert refused.code == 5
    assert (
        f"error: the server that runs is version 0.0.9, this is {VERSION}, and 1 run is under way there\n\n"
        "hint: Try again when that is over, or have its successor take it over: `stigmer server restart`\n"
    ) in refused.stderr
    code, screen = fresh_runner.run_on_terminal("get", "agents", typed="n\n", after="[y/N]")
    assert (code, "1 run is under way" in screen) == (8, True), screen
    assert screen.endswith("\nThe server was not replaced.\n")
    assert fresh_runner.state()["pid"] == daemon
    code, screen = fresh_runner.run_on_terminal("get", "agents", typed="y\n", after="[y/N]")
    assert code == 0, screen
    assert fresh_runner.state()["pid"] != daemon


def pretend_version(running: Installation, version: str) -> None:
    """Have the daemon's state file say another version, which the daemon itself does not notice."""
    file = running.data_dir / "run" / "state.json"
    deadline = time.monotonic() + 20
    while any(each["state"] == "STARTING" for each in running.state()["components"]):
        assert time.monotonic() < deadline, "the units start"
    file.write_text(file.read_text().replace('"version": "0.1.0"', f'"version": "{version}"'))


def test_a_cold_start_waits_for_what_runs_workflows(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    project = write_workflow_project(tmp_path / "p", "from-cold")
    with temporary_installation(home, STIGMER_UNITS="", STIGMER_TEMPORAL_PATH=str(built_temporal())) as made:
        done = made.run("run", "--input", "what=it", cwd=project)
        assert done.code == 0, done.stderr
        assert done.json() == {"summary": "done with it"}


def test_without_temporal_a_workflow_is_refused_with_the_way_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    project = write_workflow_project(tmp_path / "p", "nowhere-to-run")
    missing = str(tmp_path / "no-such-temporal")
    with temporary_installation(home, STIGMER_UNITS="api,temporal", STIGMER_TEMPORAL_PATH=missing) as made:
        done = made.run("run", "--input", "what=it", cwd=project)
        assert (done.code, done.stdout) == (1, "")
        assert "error: workflows cannot run now: temporal" in done.stderr
        assert "\n\nhint: " in done.stderr
        told = made.run("run", "--input", "what=it", "-o", "json", cwd=project).json()["error"]
        assert told["reason"] == "stigmer.execution.engine_unavailable"
        assert made.run("executions", "list").stderr == "No executions found.\n"
