"""`stigmer run`, as a child process against a real daemon with its runner, its worker and Temporal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.golden import check_golden, transcript
from tests.support.manifests import write_agent, write_project
from tests.support.runs import deploy_agent, run_agent, write_answers, write_workflow_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Done, Installation


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "answers.yaml", "You said: {{message}}.")


def execution_id(done: Done) -> str:
    return next(line.split()[-1] for line in (done.stdout + done.stderr).splitlines() if "Execution ID:" in line)


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
    assert "need a list `turns`" in done.stderr
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
