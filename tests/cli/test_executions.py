"""`stigmer executions`, `logs`, `sessions`, and runs in `get` and `delete`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.golden import check_golden, transcript
from tests.support.runs import deploy_agent, write_answers, write_workflow_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


@pytest.fixture(scope="module")
def talk(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a run of the agent `clerk` that has ended: a tool call that failed, then an answer."""
    directory = tmp_path_factory.mktemp("clerk")
    deploy_agent(running, directory, "clerk")
    script = write_answers(
        directory / "model.yaml",
        {"text": "Let me see.", "calls": [{"name": "find", "arguments": {"number": 7}}]},
        "It is on its way.\n\nGoodbye.",
    )
    done = running.run("run", "clerk", "-m", "Where is it?", "--model", f"scripted:{script}", "-o", "name")
    assert done.code == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def count(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a run of the workflow `counter` that has ended."""
    project = write_workflow_project(tmp_path_factory.mktemp("counter"), "counter", seconds=1)
    done = running.run("run", "--input", "what=all", "-o", "name", cwd=project)
    assert done.code == 0, done.stderr
    return done.stdout.strip()


def test_both_kinds_are_listed_the_newest_first(running: Installation, talk: str, count: str) -> None:
    done = running.run("executions", "list")
    headers, *rows = (line.split() for line in done.stdout.splitlines())
    assert headers == ["ID", "TYPE", "NAME", "PHASE", "CREATED", "TOOK", "INPUT", "ERROR"]
    ids = [row[0] for row in rows]
    assert ids.index(count) < ids.index(talk)
    assert rows[ids.index(talk)][1:4] == ["agent", "clerk", "completed"]
    assert rows[ids.index(count)][1:4] == ["workflow", "counter", "completed"]
    assert running.run("get", "executions", "-o", "name").stdout.split()[: len(ids)] == ids


def test_a_list_is_narrowed_by_name_and_phase(running: Installation, talk: str, count: str) -> None:
    def ids(*arguments: str) -> list[str]:
        done = running.run("executions", "list", "-o", "name", *arguments)
        assert done.code == 0, done.stderr
        return done.stdout.split()

    assert ids("--agent", "clerk") == [talk]
    assert ids("--workflow", "counter") == [count]
    assert ids("--workflow", "counter", "--phase", "completed") == [count]
    assert ids("--agent", "clerk", "--phase", "failed") == []
    here, near = "See what is deployed: `stigmer get agents`", "stigmer executions list --agent clerk"
    for agent, hint in (("nobody", here), ("clark", near)):
        missed = running.run("executions", "list", "--agent", agent)
        assert (missed.code, missed.stderr) == (4, f"error: no agent {agent!r}: not found\n\nhint: {hint}\n")
    assert running.run("executions", "list", "--agent", "clerk", "--workflow", "counter").code == 2
    agent, workflow = (
        running.run("get", kind, "-o", "json").json()[0]["metadata"]["id"] for kind in ("agents", "workflows")
    )
    assert running.run("executions", "list", "--agent", workflow).code == 2
    assert running.run("executions", "list", "--workflow", agent).code == 2
    none = running.run("executions", "list", "--agent", "clerk", "--phase", "pending")
    assert (none.stdout, none.stderr) == ("", "No executions found.\n")
    limited = running.run("executions", "list", "--limit", "1", "-o", "name")
    assert (len(limited.stdout.split()), limited.stderr) == (1, "")
    assert "see them with --limit" in running.run("executions", "list", "--limit", "1").stderr


def test_json_of_a_list_is_whole_runs(running: Installation, talk: str) -> None:
    found = running.run("executions", "list", "--agent", "clerk", "-o", "json").json()
    assert [each["metadata"]["id"] for each in found] == [talk]
    assert found[0]["status"]["messages"][-1]["content"] == "It is on its way.\n\nGoodbye."


def test_a_run_is_shown_with_all_that_was_said(running: Installation, talk: str) -> None:
    done = running.run("executions", "show", talk)
    model = next(line.split("scripted:")[1] for line in done.stdout.splitlines() if line.startswith("Model:"))
    check_golden("show_agent", transcript("stigmer executions show aex-...", done, running, model=model))
    assert re.search(r"^Created: +\S+ [\d:]{8}[+-]\d\d:\d\d$", done.stdout, re.MULTILINE)
    assert running.run("executions", "show", f"agent-execution/{talk}", "-o", "name").stdout == f"{talk}\n"
    assert running.run("get", "execution", talk, "-o", "json").json()["metadata"]["id"] == talk


def test_a_workflows_run_is_shown_with_its_tasks(running: Installation, count: str) -> None:
    done = running.run("executions", "show", count)
    headers = next(line for line in done.stdout.splitlines() if line.startswith("TASK"))
    assert headers.split() == ["TASK", "KIND", "STATUS", "BEGAN", "TOOK", "REASON"]
    rows = [line.split()[:3] for line in done.stdout.splitlines()[1:] if line.split()[2:3] == ["completed"]]
    assert rows == [["start", "set", "completed"], ["pause", "wait", "completed"], ["report", "set", "completed"]]
    heading, given, came, *_ = done.stdout.split("\n\n")
    assert re.fullmatch(r"workflow counter: completed in [\d.]+ s", heading)
    assert (given, came) == ("input:\n  what: all", 'output:\n  {\n    "summary": "done with all"\n  }')


def test_a_run_that_failed_ends_with_what_to_do_next(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "tired-clerk")
    script = tmp_path / "s.yaml"
    script.write_text("turns: none\n")
    failed = running.run("run", "tired-clerk", "-m", "Go", "--model", f"scripted:{script}", "-o", "name")
    run = failed.stdout.strip()
    shown = running.run("executions", "show", run)
    assert (shown.code, shown.stderr) == (1, "")
    blocks = shown.stdout.split("\n\n")
    assert blocks[1:3] == ["input:\n  Go", f"error:\n  {failed.stderr.split('error: ')[1].splitlines()[0]}"]
    assert shown.stdout.count("need a list `turns`") == 1
    logs, rerun = (line.split("  ")[1] for line in blocks[-1].splitlines()[1:])
    write_answers(script, "Awake.")
    assert running.run(*logs.split()[1:]).code == 0
    assert running.run(*rerun.split()[1:]).code == 0
    told = running.run("executions", "show", run, "-o", "json")
    assert (told.code, told.json()["metadata"]["id"], told.stderr) == (1, run, "")


def test_what_a_run_shows_is_the_same_every_time(running: Installation, count: str) -> None:
    for command in (("executions", "show", count), ("executions", "show", count, "-o", "json"), ("logs", count)):
        assert len({running.run(*command).stdout for _ in range(3)}) == 1


def test_logs_are_one_line_for_each_event(running: Installation, talk: str) -> None:
    done = running.run("logs", talk)
    model = next(line.split("scripted:")[1].split(" read")[0] for line in done.stdout.splitlines() if " read " in line)
    check_golden("logs_agent", transcript("stigmer logs aex-...", done, running, model=model))
    assert running.run("logs", talk, "-f").stdout == done.stdout


def test_logs_of_a_run_under_way_end_where_it_stands(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "slow-clerk")
    script = write_answers(tmp_path / "s.yaml", {"text": "word " * 4000, "chunk_delay_seconds": 0.2})
    started = running.run("run", "slow-clerk", "-m", "Go", "--model", f"scripted:{script}", "--no-follow", "-o", "name")
    run = started.stdout.strip()
    assert "run    completed" not in running.run("logs", run).stdout
    follower = running.start("logs", run, "-f")
    assert follower.stdout is not None
    assert "run    in progress" in follower.stdout.readline() + follower.stdout.readline() + follower.stdout.readline()
    assert running.run("executions", "cancel", run, "--reason", "enough").code == 0
    rest, _ = follower.communicate(timeout=30)
    assert follower.returncode == 0
    assert rest.splitlines()[-1].endswith("run    cancelled: enough")


def test_a_finished_run_can_be_watched_again(running: Installation, talk: str, count: str) -> None:
    done = running.run("executions", "follow", talk)
    assert (done.code, done.stdout) == (0, "Let me see.\nIt is on its way.\n\nGoodbye.\n")
    assert running.run("executions", "follow", count).json() == {"summary": "done with all"}


def test_what_is_no_run_is_not_found(running: Installation) -> None:
    for arguments in (
        ("executions", "show", "aex-01m84vtjb1p5003pehs82a2bad"),
        ("executions", "follow", "wex-01m84vtjb1p5003pehs82a2bad"),
        ("executions", "cancel", "clerk"),
        ("logs", "agt-01m84vtjb1p5003pehs82a2bad"),
        ("get", "execution", "clerk"),
    ):
        done = running.run(*arguments)
        assert (done.code, done.stdout) == (4, ""), arguments
        assert f"error: execution {arguments[-1]!r} not found\n\nhint: stigmer executions list\n" in done.stderr


def test_runs_cannot_be_applied(running: Installation, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("apiVersion: agentic.stigmer.ai/v1\nkind: AgentExecution\nmetadata: {name: a}\n")
    done = running.run("apply", "-f", str(file))
    assert done.code == 1
    assert "AgentExecution cannot be applied: `stigmer run` makes it" in done.stderr


def test_a_session_is_shown_as_a_conversation(running: Installation, talk: str) -> None:
    session = running.run("executions", "show", talk, "-o", "json").json()["spec"]["sessionId"]
    done = running.run("sessions", "show", session)
    check_golden("show_session", transcript("stigmer sessions show ses-...", done, running))
    assert running.run("sessions", "show", session, "-o", "name").stdout == f"{talk}\n"
    found = running.run("sessions", "show", session, "-o", "json").json()
    assert [each["metadata"]["id"] for each in found["executions"]] == [talk]
    assert session in running.run("sessions", "list", "-o", "name").stdout
    assert running.run("sessions", "show", "ses-01m84vtjb1p5003pehs82a2bad").code == 4


def test_what_goes_with_an_agent_is_counted_before_it_goes(running: Installation, talk: str) -> None:
    code, screen = running.run_on_terminal("delete", "agent", "clerk", typed="n\n", after="to delete: ")
    assert code == 8
    assert "with 1 agent instance, 1 session and 1 agent execution? Type y" in screen
    assert running.run("executions", "show", talk, "-o", "name").stdout.strip() == talk


def test_a_run_can_be_deleted(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "forgotten")
    script = write_answers(tmp_path / "s.yaml", "Yes.")
    run = running.run("run", "forgotten", "-m", "Go", "--model", f"scripted:{script}", "-o", "name").stdout.strip()
    assert running.run("delete", "execution", run, "--yes").code == 0
    assert running.run("executions", "show", run).code == 4
