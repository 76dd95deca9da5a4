"""Cancelling at every stage of a run."""

from __future__ import annotations

import signal
from pathlib import Path

import grpc
import psutil
import pytest

from apps.processes import process
from tests.agents.agents import CANCELLED, COMPLETED, IN_PROGRESS, PENDING, Agents, call, errors, results, server, texts
from tests.agents.conftest import Own
from tests.suites.client import Refused
from tests.support.daemon import wait_until

# Longer than any machine takes to cancel it.
LONG = {"text": "word " * 4000, "chunk_delay_seconds": 0.05}


def test_a_run_that_nobody_has_taken_yet_is_cancelled_at_once(own: Own) -> None:
    run_id = own.agents.start(own.agents.agent(), own.agents.script("Never said."))
    assert own.agents.get(run_id).status.phase == PENDING
    own.agents.cancel(run_id)
    assert own.agents.get(run_id).status.phase == CANCELLED
    own.start_runner()
    after = own.agents.run(own.agents.agent(), "Later.")
    assert after.status.phase == COMPLETED
    assert texts(own.agents.get(run_id)) == []


def test_the_model_is_cut_off_between_two_words(agents: Agents) -> None:
    run_id = agents.start(agents.agent(), agents.script(LONG))
    agents.wait(run_id, lambda run: "word word" in "".join(texts(run, 2)))
    agents.cancel(run_id, "enough")
    run = agents.wait(run_id)
    assert (run.status.phase, run.status.error) == (CANCELLED, "cancelled: enough")
    assert len(texts(run, 2)[0]) < len("word " * 400)
    assert run.status.completed_at


def test_a_tool_under_way_is_killed_with_all_its_processes(agents: Agents, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    tools = server("plain", "--stubborn", stdio={"env_placeholders": {"NOTES": str(notes)}})
    run_id = agents.start(agents.agent(tools), agents.script({"calls": [call("spawn"), call("hang"), call("where")]}))
    wait_until(notes.exists, "the tool hangs")
    child = int(results(agents.get(run_id))[0])
    assert psutil.pid_exists(child)
    agents.cancel(run_id)
    run = agents.wait(run_id)
    assert run.status.phase == CANCELLED
    assert not psutil.pid_exists(child)
    assert errors(run) == ["", "not finished: the run ended", "not made: the run ended"]


def test_what_a_tool_started_and_what_left_its_group_ends_with_it(own: Own) -> None:
    own.start_runner()
    agent = own.agents.agent(server("plain"))
    run = own.agents.run(agent, {"calls": [call("spawn_away")]}, "Done.")
    assert run.status.phase == COMPLETED
    away = [int(pid) for pid in results(run)[0].split()]
    assert len(away) == 2
    wait_until(lambda: not any(map(psutil.pid_exists, away)), "they are gone, and nothing is left of them")


def test_what_a_tool_of_a_dead_runner_started_ends_with_the_next_runner(own: Own, tmp_path: Path) -> None:
    runner, notes = own.start_runner(), tmp_path / "notes"
    tools = server("plain", stdio={"env_placeholders": {"NOTES": str(notes)}})
    run_id = own.agents.start(own.agents.agent(tools), own.agents.script({"calls": [call("spawn_away"), call("hang")]}))
    wait_until(notes.exists, "the tool hangs")
    away = int(results(own.agents.get(run_id))[0].split()[0])
    runner.signal(signal.SIGKILL)
    assert process.birth(away)

    own.start_runner()

    wait_until(lambda: not process.birth(away), "it is gone")


def test_a_server_that_never_gets_ready_does_not_keep_a_run_from_being_cancelled(agents: Agents) -> None:
    run_id = agents.start(agents.agent(server("plain", "--silent")), agents.script("Never said."))
    agents.wait(run_id, lambda run: run.status.phase == IN_PROGRESS)
    agents.cancel(run_id)
    assert agents.wait(run_id).status.phase == CANCELLED


def test_a_run_whose_agent_was_deleted_before_it_began_is_gone(own: Own) -> None:
    agent = own.agents.agent()
    run_id = own.agents.start(agent, own.agents.script("Never said."))
    own.agents.delete(agent, force=True)
    runner = own.start_runner()
    assert own.agents.run(own.agents.agent(), "Still here.").status.phase == COMPLETED
    with pytest.raises(Refused) as gone:
        own.agents.get(run_id)
    assert gone.value.code is grpc.StatusCode.NOT_FOUND
    with pytest.raises(Refused) as refused:
        own.agents.start(agent)
    assert refused.value.violations == {"spec.agent_id": f"Agent {agent.metadata.id!r} does not exist"}
    assert "Traceback" not in runner.log


def test_a_deleted_agent_takes_its_running_runs_with_it(own: Own) -> None:
    runner = own.start_runner()
    agent = own.agents.agent()
    run_id = own.agents.start(agent, own.agents.script(LONG))
    own.agents.wait(run_id, lambda run: run.status.phase == IN_PROGRESS)
    own.agents.delete(agent, force=True)
    wait_until(lambda: "somebody else has it now, or it is gone" in runner.log, "the runner noticed", seconds=30)
    assert own.agents.run(own.agents.agent(), "Still here.").status.phase == COMPLETED
    runner.signal(signal.SIGTERM)
    assert runner.wait() == 0
