"""kill -9 of the runner at every stage of a run: one outcome, and what was done is not done twice."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.agents.agents import CANCELLED, COMPLETED, FAILED, IN_PROGRESS, Run, call, errors, results, server, texts
from tests.agents.conftest import Own
from tests.support.daemon import wait_until

# Under way for long enough that a busy machine, too, notices and kills before the end.
SLOW = {"text": "one two three four five six seven eight nine ten", "chunk_delay_seconds": 0.25}


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def noting(notes: Path, *arguments: str) -> dict[str, object]:
    return dict(server("plain", *arguments, stdio={"env_placeholders": {"NOTES": str(notes)}}))


def outcomes(own: Own, run: Run) -> list[int]:
    """Every terminal phase that was ever recorded for a run."""
    with sqlite3.connect(own.database) as database:
        found = database.execute(
            "select data from resources_executionevent where execution_id = ? and type = 'phase'", [run.metadata.id]
        )
        return [phase for (data,) in found if (phase := json.loads(data)["phase"]) > IN_PROGRESS]


def test_a_run_whose_runner_died_in_the_middle_of_an_answer_is_taken_up_at_once(own: Own) -> None:
    runner = own.start_runner()
    model = own.agents.script({**SLOW, "calls": [call("echo", text="hi")]}, "That was {{last}}.")
    run_id = own.agents.start(own.agents.agent(server("plain")), model)
    own.agents.wait(run_id, lambda run: "two" in "".join(texts(run, 2)))
    runner.signal(signal.SIGKILL)
    half = own.agents.get(run_id)
    assert half.status.phase == IN_PROGRESS

    own.start_runner()
    run = own.agents.wait(run_id)

    assert (run.status.phase, texts(run, 1, 2)) == (COMPLETED, ["Go.", SLOW["text"], "That was hi."])
    assert outcomes(own, run) == [COMPLETED]


def test_a_call_that_had_its_effect_is_not_made_again(own: Own, tmp_path: Path) -> None:
    runner, notes, gate = own.start_runner(), tmp_path / "notes", tmp_path / "gate"
    turn = {"calls": [call("note", text="paid"), call("wait", text="asked", path=str(gate))]}
    run_id = own.agents.start(own.agents.agent(noting(notes)), own.agents.script(turn, "Done."))
    wait_until(lambda: lines(notes) == ["paid", "asked"], "the second call is under way")
    runner.signal(signal.SIGKILL)

    own.start_runner()
    run = own.agents.wait(run_id)

    assert run.status.phase == FAILED
    assert "the outcome of the call call-0-1 of wait is unknown" in run.status.error
    assert lines(notes) == ["paid", "asked"]
    assert results(run) == ["noted paid", ""]
    assert errors(run) == ["", "not finished: the run ended"]
    assert outcomes(own, run) == [FAILED]


def test_a_call_that_may_be_repeated_is(own: Own, tmp_path: Path) -> None:
    runner, notes, gate = own.start_runner(), tmp_path / "notes", tmp_path / "gate"
    turn = {"calls": [call("note", text="paid"), call("wait_again", text="asked", path=str(gate))]}
    run_id = own.agents.start(own.agents.agent(noting(notes)), own.agents.script(turn, "Done."))
    wait_until(lambda: lines(notes) == ["paid", "asked"], "the second call is under way")
    runner.signal(signal.SIGKILL)

    own.start_runner()
    wait_until(lambda: lines(notes) == ["paid", "asked", "asked"], "it is made again")
    gate.touch()
    run = own.agents.wait(run_id)

    assert (run.status.phase, results(run)) == (COMPLETED, ["noted paid", "waited for asked"])


def test_a_runner_that_is_told_to_stop_hands_over_without_a_loss(own: Own) -> None:
    runner = own.start_runner()
    model = own.agents.script({**SLOW, "calls": [call("echo", text="hi")]}, SLOW, SLOW)
    run_id = own.agents.start(own.agents.agent(server("plain")), model)
    own.agents.wait(run_id, lambda run: "two" in "".join(texts(run, 2)))
    runner.signal(signal.SIGTERM)
    assert runner.wait() == 0

    own.start_runner()
    run = own.agents.wait(run_id)

    assert (run.status.phase, texts(run, 2)) == (COMPLETED, [SLOW["text"], SLOW["text"]])
    assert outcomes(own, run) == [COMPLETED]


def test_a_runner_that_is_told_to_stop_lets_a_call_end(own: Own, tmp_path: Path) -> None:
    runner, notes, gate = own.start_runner(), tmp_path / "notes", tmp_path / "gate"
    model = own.agents.script({"calls": [call("wait", text="asked", path=str(gate))]}, "Done.")
    run_id = own.agents.start(own.agents.agent(noting(notes)), model)
    wait_until(lambda: lines(notes) == ["asked"], "the call is under way")
    runner.signal(signal.SIGTERM)
    gate.touch()
    assert runner.wait() == 0
    assert results(own.agents.get(run_id)) == ["waited for asked"]

    own.start_runner()

    assert own.agents.wait(run_id).status.phase == COMPLETED
    assert lines(notes) == ["asked"]


def test_a_run_that_is_taken_up_after_the_clock_was_set_or_the_machine_slept_has_its_time_left(own: Own) -> None:
    runner = own.start_runner()
    run_id = own.agents.start(own.agents.agent(), own.agents.script(SLOW))
    own.agents.wait(run_id, lambda run: "two" in "".join(texts(run, 2)))
    runner.signal(signal.SIGKILL)
    with closing(sqlite3.connect(own.database)) as database, database:
        database.execute("update resources_agentexecution set started_at = '2000-01-01' where id = ?", [run_id])

    own.start_runner()

    assert own.agents.wait(run_id).status.phase == COMPLETED


def test_the_time_that_dead_runners_worked_on_a_run_counts(own: Own) -> None:
    runner = own.start_runner()
    run_id = own.agents.start(own.agents.agent(), own.agents.script(SLOW))
    own.agents.wait(run_id, lambda run: "two" in "".join(texts(run, 2)))
    runner.signal(signal.SIGKILL)
    with closing(sqlite3.connect(own.database)) as database, database:
        database.execute("update resources_agentexecution set worked_seconds = 4000 where id = ?", [run_id])

    own.start_runner()

    assert own.agents.wait(run_id).status.error == "the run took longer than 3600 s, which is the limit"


def test_a_runner_that_was_frozen_for_too_long_leaves_the_run_to_whoever_took_it(own: Own, tmp_path: Path) -> None:
    frozen, notes, gate = own.start_runner(), tmp_path / "notes", tmp_path / "gate"
    model = own.agents.script({"calls": [call("wait_again", text="asked", path=str(gate))]}, "Done by {{last}}.")
    run_id = own.agents.start(own.agents.agent(noting(notes)), model)
    wait_until(lambda: lines(notes) == ["asked"], "the call is under way")
    frozen.signal(signal.SIGSTOP)
    own.start_runner()
    wait_until(lambda: lines(notes) == ["asked"] * 2, "another has taken it")
    frozen.signal(signal.SIGCONT)
    gate.touch()
    run = own.agents.wait(run_id)
    wait_until(lambda: f"run {run_id}: somebody else has it now" in frozen.log, "the frozen one has let go of it")

    assert (run.status.phase, texts(run, 2)) == (COMPLETED, ["", "Done by waited for asked."])
    assert outcomes(own, run) == [COMPLETED]
    assert own.agents.get(run_id) == run


def test_programs_of_a_dead_runner_are_ended_by_the_next(own: Own, tmp_path: Path) -> None:
    runner, notes = own.start_runner(), tmp_path / "notes"
    model = own.agents.script({"calls": [call("spawn"), call("spawn_away"), call("hang")]}, "Never said.")
    run_id = own.agents.start(own.agents.agent(noting(notes, "--stubborn")), model)
    wait_until(lambda: lines(notes) == ["hangs"], "the program hangs")
    children = [int(pid) for result in results(own.agents.get(run_id))[:2] for pid in result.split()]
    runner.signal(signal.SIGKILL)
    assert all(map(psutil.pid_exists, children))

    own.start_runner()

    wait_until(lambda: not any(map(psutil.pid_exists, children)), "the program and its children are gone")
    assert own.agents.wait(run_id).status.phase == FAILED


def test_a_run_that_was_to_be_cancelled_when_its_runner_died_is_cancelled(own: Own) -> None:
    runner = own.start_runner()
    run_id = own.agents.start(own.agents.agent(), own.agents.script(SLOW))
    own.agents.wait(run_id, lambda run: run.status.phase == IN_PROGRESS)
    runner.signal(signal.SIGKILL)
    own.agents.cancel(run_id, "changed my mind")
    assert own.agents.get(run_id).status.phase == IN_PROGRESS

    own.start_runner()
    run = own.agents.wait(run_id)

    assert (run.status.phase, run.status.error) == (CANCELLED, "cancelled: changed my mind")


def test_runs_survive_the_loss_of_the_queue(own: Own) -> None:
    agent, model = own.agents.agent(), own.agents.script("Here.")
    waiting = [own.agents.start(agent, model) for _ in range(3)]
    for path in own.unit.data_dir.glob("queue.db*"):
        path.unlink()

    own.start_runner()
    assert [own.agents.wait(run_id).status.phase for run_id in waiting] == [COMPLETED] * 3

    for path in own.unit.data_dir.glob("queue.db*"):
        path.unlink()
    later = [own.agents.start(agent, model) for _ in range(3)]
    assert [own.agents.wait(run_id).status.phase for run_id in later] == [COMPLETED] * 3


def test_two_runners_share_the_work_and_do_nothing_twice(own: Own, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    own.start_runner()
    own.start_runner()
    agent = own.agents.agent(noting(notes))
    started = [
        own.agents.start(agent, own.agents.script({"calls": [call("note", text=str(number))]}, "Done."))
        for number in range(12)
    ]
    ended = [own.agents.wait(run_id) for run_id in started]
    assert [run.status.phase for run in ended] == [COMPLETED] * 12
    assert sorted(lines(notes), key=int) == [str(number) for number in range(12)]
    assert [outcomes(own, run) for run in ended] == [[COMPLETED]] * 12


@pytest.mark.parametrize("stage", range(6))
def test_killed_at_any_moment_every_run_ends_once_and_no_effect_is_repeated(
    own: Own, tmp_path: Path, stage: int
) -> None:
    notes = tmp_path / "notes"
    agent = own.agents.agent(noting(notes))
    turns = [{"text": "So: ", "calls": [call("note", text="{{message}}")]}, {**SLOW, "chunk_delay_seconds": 0.01}]
    model = own.agents.script(*turns)
    runner = own.start_runner()
    started = [own.agents.start(agent, model, f"number-{number}") for number in range(4)]
    wait_until(lambda: len(lines(notes)) >= min(stage, 4), "so much is done")
    runner.signal(signal.SIGKILL)

    own.start_runner()
    ended = [own.agents.wait(run_id) for run_id in started]

    for number, run in enumerate(ended):
        assert outcomes(own, run) == [run.status.phase]
        done = lines(notes).count(f"number-{number}")
        if run.status.phase == COMPLETED:
            assert done == 1
        else:
            assert "is unknown" in run.status.error
            assert done <= 1
