"""`stigmer run`, as a child process against a real daemon with its runner, its worker and Temporal."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from apps.backends.version import VERSION
from tests.support.daemon import temporary_installation, wait_until
from tests.support.golden import check_golden, transcript
from tests.support.manifests import write_agent, write_project
from tests.support.runs import deploy_agent, write_answers, write_workflow_project
from tests.support.temporal import built_temporal

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.daemon import Done, Installation

# Slow enough to be interrupted, short enough to be waited for.
SAID = "one two three four five six seven eight nine ten"
SLOW = {"text": SAID, "chunk_delay_seconds": 0.25}
# No test waits for its end, however busy the machine is: it is cancelled.
ENDLESS = {"text": "word " * 4000, "chunk_delay_seconds": 0.25}


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "answers.yaml", "You said: {{message}}.")


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "slow.yaml", SLOW)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "endless.yaml", ENDLESS)


def run_agent(running: Installation, name: str, script: Path, *more: str) -> Done:
    return running.run("run", name, "-m", "hello", "--model", f"scripted:{script}", *more)


def execution_id(done: Done) -> str:
    return next(line.split()[-1] for line in (done.stdout + done.stderr).splitlines() if "Execution ID:" in line)


def started_id(process: subprocess.Popen[str]) -> str:
    """The id that a run which has just been started says first."""
    assert process.stderr is not None
    while "Execution ID:" not in (line := process.stderr.readline()):
        assert line != "", "the run ended before it began"
    return line.split()[-1]


def wait_for_text(running: Installation, run: str) -> None:
    """Until the agent has said its first words."""
    wait_until(lambda: " ai " in running.run("logs", run).stdout, "the agent speaks")


def without_lines(done: Done, is_left_out: Callable[[str], bool]) -> Done:
    """The transcript without lines of standard error that depend on how far the daemon has come."""
    return replace(done, stderr="".join(f"{line}\n" for line in done.stderr.splitlines() if not is_left_out(line)))


def without_times(text: str) -> str:
    return re.sub(r" in [\d.]+ m?s", "", text)


def is_waiting(line: str) -> bool:
    return line.startswith("Waiting for ")


def test_what_an_agent_says_is_all_of_stdout(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "sayer")
    done = without_lines(run_agent(running, "sayer", answers), is_waiting)
    check_golden("run_agent", transcript("stigmer run sayer -m hello --model scripted:answers.yaml", done, running))
    by_id = running.run("get", "agent", "sayer", "-o", "json").json()["metadata"]["id"]
    assert run_agent(running, by_id, answers).stdout == "You said: hello.\n"


def test_tool_calls_are_told_as_they_happen(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "caller")
    script = write_answers(
        tmp_path / "calls.yaml",
        {"text": "Let me see.", "calls": [{"name": "no_such_tool", "arguments": {"number": "1042", "limit": 3}}]},
        "There it is.",
    )
    done = run_agent(running, "caller", script)
    assert (done.code, done.stdout) == (0, "Let me see.\nThere it is.\n")
    assert 'tool no_such_tool limit=3 number="1042": failed' in done.stderr


def test_a_workflow_tells_its_tasks_and_prints_its_output(running: Installation, tmp_path: Path) -> None:
    project = write_workflow_project(tmp_path / "p", "told")
    done = running.run("run", "--input", "what=it", cwd=project)
    # A task that is over at once may or may not be seen while it goes on.
    told = without_lines(done, lambda line: line.endswith(": started") or is_waiting(line))
    check_golden("run_workflow", transcript("stigmer run --input what=it", told, running))
    assert "task pause: started" in done.stderr
    assert done.json() == {"summary": "done with it"}


def test_a_project_with_several_things_to_run_names_them(running: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "several")
    done = running.run("run", cwd=project)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.endswith("hint: `stigmer run --apply several` or `stigmer run --apply several-flow`\n")
    unknown = running.run("run", "others", "--apply", cwd=project)
    assert (unknown.code, unknown.stdout) == (4, "")
    assert "declares no 'others': not found" in unknown.stderr


def test_apply_and_run_in_one_go(running: Installation, tmp_path: Path, answers: Path) -> None:
    write_project(tmp_path / "p", "in-one-go")
    write_answers(tmp_path / "p" / "beside.yaml", "From beside the project.")
    done = running.run(
        "run", "in-one-go", "--apply", "-C", str(tmp_path / "p"), "-m", "hello", "--model", "scripted:beside.yaml"
    )
    assert (done.code, done.stdout) == (0, "From beside the project.\n"), done.stderr
    assert "Deployment successful!\n  Agent in-one-go: created\n" in done.stderr


def test_a_name_of_two_things_must_say_which(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "twofold")
    assert running.run("apply", cwd=write_workflow_project(tmp_path / "p", "twofold")).code == 0
    done = run_agent(running, "twofold", answers)
    assert done.code == 2
    assert done.stderr == (
        "error: 'twofold' is the name of an agent and of a workflow\n\n"
        "hint: `stigmer run agent/twofold` or `stigmer run workflow/twofold`\n"
    )
    assert run_agent(running, "agent/twofold", answers).code == 0
    refused = run_agent(running, "workflow/twofold", answers)
    assert refused.code == 2
    assert "--model is for agents" in refused.stderr


def test_what_is_not_there_is_not_found(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "nearly-right")
    done = running.run("run", "nearly-wright", "-m", "hello")
    assert done.code == 4
    assert done.stderr == ("error: no agent or workflow 'nearly-wright': not found\n\nhint: stigmer run nearly-right\n")
    for name in ("agt-01m84vtjb1p5003pehs82a2bad", "wfl-01m84vtjb1p5003pehs82a2bad", "workflow/nearly-right"):
        assert running.run("run", name, "-m", "hello").code == 4
    for name in ("skill/nearly-right", "agent/"):
        assert running.run("run", name, "-m", "hello").code == 2
    no_text = running.run("run", "--session", b"\xe9".decode("utf-8", "surrogateescape"), "-m", "hello")
    assert (no_text.code, no_text.stderr) == (2, "error: an argument is not UTF-8 text\n")


def test_without_a_name_and_without_a_project_there_are_two_ways_out(running: Installation, tmp_path: Path) -> None:
    done = running.run("run", "-m", "hello", cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert f"error: no Stigmer.yaml in {tmp_path} or in any directory above it" in done.stderr
    assert "hint: Name what is deployed, `stigmer run NAME`, or point to a project, `stigmer run -C DIR`" in done.stderr


def test_a_message_is_asked_for_where_it_can_be(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "asker")
    done = running.run("run", "asker")
    assert (done.code, done.stderr) == (2, 'error: an agent needs a message\n\nhint: stigmer run asker -m "..."\n')
    code, screen = running.run_on_terminal(
        "run", "asker", "--model", f"scripted:{answers}", typed="typed words\n", after="Message: "
    )
    assert code == 0, screen
    assert "You said: typed words." in screen


def test_an_instance_is_run_with_a_session_of_its_own(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "several-selves")
    agent = running.run("get", "agent", "several-selves", "-o", "json").json()["metadata"]["id"]
    file = tmp_path / "instance.yaml"
    file.write_text(
        "apiVersion: agentic.stigmer.ai/v1\nkind: AgentInstance\nmetadata: {name: other-self}\n"
        f"spec: {{agentId: {agent}}}\n"
    )
    assert running.run("apply", "-f", str(file)).code == 0
    done = run_agent(running, "other-self", answers, "-o", "json")
    assert done.code == 0, done.stderr
    session = done.json()["spec"]["sessionId"]
    instance = running.run("get", "agent-instance", "other-self", "-o", "json").json()["metadata"]["id"]
    stored = running.run("get", "session", session, "-o", "json").json()
    assert stored["spec"]["agentInstanceId"] == instance


def test_json_is_the_run_and_nothing_else(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "structured")
    found = run_agent(running, "structured", answers, "-o", "json").json()
    assert (found["kind"], found["status"]["phase"]) == ("AgentExecution", "EXECUTION_COMPLETED")
    assert [each["content"] for each in found["status"]["messages"]] == ["hello", "You said: hello."]
    name = run_agent(running, "structured", answers, "-o", "name").stdout
    assert name.startswith("aex-")


def test_a_run_may_be_started_and_left(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "left-alone")
    done = run_agent(running, "left-alone", answers, "--no-follow")
    assert done.stdout.startswith("Execution ID: aex-")
    assert "Agent execution started: left-alone" in done.stderr
    followed = running.run("executions", "follow", execution_id(done))
    assert (followed.code, followed.stdout) == (0, "You said: hello.\n")
    assert run_agent(running, "left-alone", answers, "--no-follow", "-o", "name").stdout.startswith("aex-")


def test_a_run_that_fails_is_exit_code_1(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "failing")
    script = tmp_path / "bad.yaml"
    script.write_text("turns: none\n")
    done = run_agent(running, "failing", script)
    assert (done.code, done.stdout) == (1, "")
    assert "needs a list `turns`" in done.stderr
    assert "hint: " not in done.stderr
    project = write_workflow_project(tmp_path / "p", "broken")
    (project / "main.py").write_text(
        'from stigmer import Workflow, jq\nWorkflow("broken", namespace="tests").set("sum", total=jq("1 + {}"))\n'
    )
    broken = running.run("run", cwd=project)
    assert broken.code == 1
    assert "task sum: failed: expression `1 + {}`: " in without_times(broken.stderr)
    assert "error: /sum: expression `1 + {}`: " in broken.stderr
    assert broken.stderr.endswith(f"hint: stigmer logs {execution_id(broken)}\n")


def test_a_scripted_model_must_exist(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "scriptless")
    done = run_agent(running, "scriptless", tmp_path / "nowhere.yaml")
    assert done.code == 2
    assert f"error: --model: there is no file {tmp_path / 'nowhere.yaml'}" in done.stderr


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
    assert (again.code, again.stderr) == (5, f"error: execution {run} has already ended: cancelled\n")


def test_ctrl_c_leaves_the_run_alone_and_says_so(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "unbothered")
    # A first answer that is whole, which a pipe gets, and a second one that goes on.
    script = write_answers(
        tmp_path / "s.yaml", {"text": "First.", "calls": [{"name": "none", "arguments": {}}]}, ENDLESS
    )
    process = running.start("run", "unbothered", "-m", "hello", "--model", f"scripted:{script}")
    run = started_id(process)
    wait_for_text(running, run)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
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


def test_a_name_that_is_empty_is_none(running: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "not-wished-for")
    for arguments, said in ((("",), "the NAME is empty"), (("--session", ""), "the session is empty")):
        done = running.run("run", *arguments, "-m", "hello", cwd=project)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {said}\n")
    assert running.run("get", "agent", "not-wished-for").code == 4


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


def test_a_conversation_goes_on_in_its_session(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "talker")
    script = write_answers(tmp_path / "s.yaml", "Once more: {{message}}.")
    first = run_agent(running, "talker", script, "-o", "json").json()
    session = first["spec"]["sessionId"]
    second = running.run("run", "--session", session, "-m", "and then?", "--model", f"scripted:{script}")
    assert (second.code, second.stdout) == (0, "Once more: and then?.\n"), second.stderr
    page = running.run("sessions", "show", session).stdout
    assert page.index("Once more: hello.") < page.index("Once more: and then?.")
    listed = running.run("sessions").stdout
    assert session in listed
    assert "talker" in listed
    unknown = running.run("run", "--session", "ses-01m84vtjb1p5003pehs82a2bad", "-m", "hello")
    assert unknown.code == 4


def test_secrets_come_from_stdin_and_go_nowhere_else(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "discreet")
    arguments = ("run", "discreet", "-m", "hello", "--model", f"scripted:{answers}")
    secret = "canary-7f2e"
    done = running.run(
        *arguments, "--runtime-env", "REGION=eu", "--runtime-env", "secret:TOKEN", "-o", "json", stdin=f"{secret}\n"
    )
    assert done.code == 0, done.stderr
    values = done.json()["spec"]["runtimeEnv"]
    assert values == {"REGION": {"value": "eu"}, "TOKEN": {"value": "********", "isSecret": True}}
    assert secret not in done.stdout + done.stderr
    code, screen = running.run_on_terminal(
        *arguments, "--runtime-env", "secret:TOKEN", typed=f"{secret}\n", after="Value of TOKEN"
    )
    assert code == 0, screen
    assert secret not in screen


def test_a_message_may_come_from_standard_input(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "reader")
    arguments = ("run", "reader", "-m", "-", "--model", f"scripted:{answers}")
    done = running.run(*arguments, "--runtime-env", "secret:TOKEN", stdin="s3cret-token\nfirst\nlast\n")
    assert (done.code, done.stdout) == (0, "You said: first\nlast.\n"), done.stderr
    nothing = running.run(*arguments)
    assert (nothing.code, nothing.stdout) == (2, "")
    assert "an agent needs a message" in nothing.stderr


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("REGION", "REGION has no value: write REGION=VALUE, or secret:REGION to be asked"),
        ("=eu", "write NAME=VALUE, or secret:NAME to be asked"),
        ("REGION=", "the value of REGION is empty"),
        ("secret:TOKEN", "the value of TOKEN is empty"),
    ],
)
def test_values_that_are_none_are_refused(running: Installation, value: str, complaint: str) -> None:
    done = running.run("run", "nobody", "-m", "hello", "--runtime-env", value)
    assert done.code == 2
    assert complaint in done.stderr


def test_a_terminal_sees_text_grow_and_one_line_move(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "actor")
    script = write_answers(
        tmp_path / "s.yaml",
        {"text": "Wait. \x1b[31mred", "chunk_delay_seconds": 0.3, "calls": [{"name": "none", "arguments": {}}]},
        "Done.",
    )
    code, screen = running.run_on_terminal("run", "actor", "-m", "hello", "--model", f"scripted:{script}")
    assert code == 0, screen
    assert "\r\x1b[2K\x1b[2m" in screen
    # What a model says cannot colour the screen or move its cursor.
    assert "Wait. \\x1b[31mred\n" in screen
    assert "\x1b[31m✗\x1b[0m none" in screen
    assert screen.index("Wait.") < screen.index("none") < screen.index("Done.") < screen.index("Completed")


def test_ctrl_c_before_the_run_began_is_plainly_interrupted(running: Installation, tmp_path: Path) -> None:
    project = write_workflow_project(tmp_path / "p", "never-begun")
    (project / "main.py").write_text("import pathlib, time\npathlib.Path('on').touch()\ntime.sleep(600)\n")
    process = running.start("run", cwd=project)
    wait_until((project / "on").exists, "the entry point runs")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Detached" not in stderr


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


def test_an_environment_and_a_session_are_applied_from_files(running: Installation, tmp_path: Path) -> None:
    write_agent(tmp_path / "a.yaml", "with-places")
    assert running.run("apply", "-f", str(tmp_path / "a.yaml")).code == 0
    agent = running.run("get", "agent", "with-places", "-o", "json").json()
    (tmp_path / "b.yaml").write_text(
        "apiVersion: agentic.stigmer.ai/v1\nkind: Environment\nmetadata: {name: staging}\n"
        "spec: {description: For trying out, data: {REGION: {value: eu}, KEY: {value: canary-9a1, isSecret: true}}}\n"
        "---\napiVersion: agentic.stigmer.ai/v1\nkind: Session\nmetadata: {name: talk}\n"
        f"spec: {{agentInstanceId: {agent['status']['defaultInstanceId']}, subject: A talk}}\n"
    )
    done = running.run("apply", "-f", str(tmp_path / "b.yaml"))
    assert done.code == 0, done.stderr
    stored = running.run("get", "env", "staging", "-o", "json")
    assert stored.json()["spec"]["data"]["KEY"]["value"] == "********"
    assert "canary-9a1" not in stored.stdout
    assert "A talk" in running.run("get", "sessions").stdout
    again = running.run("apply", "-f", str(tmp_path / "b.yaml"), "-o", "json").json()
    assert {each["action"] for each in again["resources"]} == {"unchanged"}


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
        assert made.run("executions", "list").stderr == "No executions found.\n"


UNSUPPORTED = """\
apiVersion: agentic.stigmer.ai/v1
kind: Workflow
metadata: {name: for-later}
spec:
  document: {dsl: "1.0.0", namespace: tests, name: for-later, version: "1.0.0"}
  tasks:
    - {name: resize, kind: CALL_ACTIVITY, task_config: {activity: resize}}
    - {name: bill, kind: RUN, task_config: {workflow: invoice}}
"""


def test_what_cannot_run_yet_is_said_when_deployed_and_refused_when_run(running: Installation, tmp_path: Path) -> None:
    path = tmp_path / "later.yaml"
    path.write_text(UNSUPPORTED)
    deployed = running.run("apply", "-f", str(path))
    assert deployed.code == 0, deployed.stderr
    assert "warning: Workflow for-later: spec.tasks[0]: task resize of kind CALL_ACTIVITY is deployed, but" in (
        deployed.stderr
    )
    refused = running.run("run", "for-later")
    assert (refused.code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: refused, for 2 reasons\n"
        "  spec.tasks[0]: task resize of kind CALL_ACTIVITY cannot be run by this version\n"
        "  spec.tasks[1]: task bill of kind RUN cannot be run by this version\n"
        "\nhint: The workflow stays deployed; a later version may run it\n"
    )
    assert running.run("executions", "list", "--workflow", "for-later").stderr == "No executions found.\n"
