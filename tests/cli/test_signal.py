"""`stigmer executions signal`, `pause`, `resume`, `terminate`, and the same of the client: what people are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import stigmer
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

SIGNALS = [{"id": "order", "type": "signal"}, {"id": "progress", "type": "query"}]
TASKS = [
    {"name": "start", "kind": "set", "task_config": {"variables": {"color": "red"}}},
    {"name": "wait", "kind": "listen", "task_config": {"to": {"mode": "one", "signals": SIGNALS}}},
    {"name": "again", "kind": "listen", "task_config": {"to": {"mode": "one", "signals": SIGNALS}}},
]


@pytest.fixture
def run(running: Installation, tmp_path: Path) -> str:
    """The id of a run that listens twice."""
    document = {"dsl": "1.0.0", "namespace": "tests", "name": "listener", "version": "1.0.0"}
    spec = {"document": document, "tasks": TASKS}
    manifest = {"apiVersion": "agentic.stigmer.ai/v1", "kind": "Workflow", "metadata": {"name": "listener"}}
    (tmp_path / "listener.yaml").write_text(yaml.safe_dump({**manifest, "spec": spec}))
    assert running.run("apply", "-f", str(tmp_path / "listener.yaml")).code == 0
    done = running.run("run", "listener", "--no-follow", "-o", "name")
    assert done.code == 0, done.stderr
    return done.stdout.strip()


def test_signals_are_sent_asked_and_waited_for(running: Installation, run: str) -> None:
    signal = ("executions", "signal", run)
    asked = running.run(*signal, "progress", "--query")
    assert (asked.code, asked.json()["color"]) == (0, "red"), asked
    waited = running.run(*signal, "order", "--data", '{"n": 7}', "--wait")
    assert (waited.code, waited.stdout) == (0, '{"n": 7}\n'), waited
    wrong = running.run(*signal, "order", "--data", "so")
    assert wrong.code == 2
    assert "--data: is no JSON" in wrong.stderr
    assert running.run(*signal, "nobody", "--wait", "--timeout", "0").stderr == (
        "error: no task answered nobody before 0 seconds were over\n"
        f"\nhint: See what it listens for: stigmer executions show {run}\n"
    )
    sent = running.run(*signal, "order", "--id", "one", "--data", "-", stdin="[1]")
    told = f"Sent order to {run}\nIt is kept until a task of the run takes it.\n"
    assert (sent.code, sent.stdout, sent.stderr) == (0, "", told), sent
    assert running.run("executions", "follow", run).code == 0
    again = running.run(*signal, "order", "--id", "one", "--data", "[1]")
    assert again.stderr == "order was sent before, and taken by /again\n"
    late = running.run(*signal, "order")
    assert late.code == 5
    assert f"execution {run} has already ended: completed" in late.stderr
    lines = [line.split(maxsplit=1)[1] for line in running.run("logs", run).stdout.splitlines() if "signal" in line]
    assert [line.split("run", 1)[1].strip() for line in lines] == [
        "signal order: sent by local",
        "signal order: taken by /wait",
        "signal nobody: sent by local",
        "signal order: sent by local",
        "signal order: taken by /again",
        "signal nobody: was not used",
    ]


def test_the_client_signals_updates_and_queries(running: Installation, run: str) -> None:
    async def second() -> object:
        async with stigmer.AsyncClient(endpoint=running.endpoint) as client:
            await client.signal(run, "nobody", [1])
            execution = await client.execution(run)
            assert (await execution.query("progress"))["wait"] == {"n": 1}
            await execution.signal("order", "last", id="last")
            return await execution.result(timeout=60)

    with stigmer.Client(endpoint=running.endpoint) as client:
        execution = client.execution(run)
        assert execution.query("progress")["color"] == "red"
        with pytest.raises(stigmer.client.NotAnswered, match="no task answered nobody before there was no more time"):
            execution.update("nobody", timeout=0)
        assert execution.update("order", {"n": 1}, timeout=60) == {"n": 1}
        assert asyncio.run(second()) == {"value": "last"}
        with pytest.raises(stigmer.client.Conflict):
            client.signal(run, "order")


def test_a_run_is_paused_goes_on_and_is_terminated(running: Installation, run: str) -> None:
    def told(what: str, *options: str) -> str:
        done = running.run("executions", what, run, *options)
        assert (done.code, done.stdout) == (0, ""), done
        return done.stderr.splitlines()[0]

    assert told("resume") == f"{run} was not paused"
    assert told("pause", "--reason", "lunch") == f"Paused {run}"
    assert told("pause") == f"{run} is paused already"
    assert told("resume") == f"{run} goes on"
    assert told("terminate", "--reason", "it hangs") == f"Terminated {run}"
    shown = running.run("executions", "show", run)
    assert (shown.code, "terminated: it hangs" in shown.stdout) == (8, True), shown
    for what in ("pause", "resume", "cancel", "terminate", "signal"):
        late = running.run("executions", what, run, *(["order"] if what == "signal" else []))
        assert (late.code, "ended: cancelled" in late.stderr) == (5, True), late
        hint = late.stderr.split("hint: ")[1].replace("`", "")
        assert hint.startswith(f"stigmer executions rerun {run}"), hint
    again = running.run(*hint.split()[1:4], "-o", "name")
    assert again.code == 0, again
    ended = running.run("executions", "terminate", again.stdout.strip(), "-o", "json").json()
    assert (ended["metadata"]["id"], ended["status"]["error"]) == (again.stdout.strip(), "terminated")


def test_the_client_pauses_resumes_reruns_and_terminates(running: Installation, run: str) -> None:
    async def the_same() -> str:
        async with stigmer.AsyncClient(endpoint=running.endpoint) as client:
            await client.pause(run)
            await client.resume(run)
            execution = await (await client.execution(run)).rerun()
            await execution.pause()
            await execution.resume()
            await execution.terminate("it, too")
            await client.terminate(run, "both")
            return (await execution.refresh()).error

    with stigmer.Client(endpoint=running.endpoint) as client:
        execution = client.execution(run)
        execution.pause("lunch")
        client.pause(run)
        execution.resume()
        again = execution.rerun()
        assert again.id != run
        again.terminate("so it is")
        with pytest.raises(stigmer.client.RunCancelled, match="terminated: so it is"):
            again.result(timeout=60)
        assert asyncio.run(the_same()) == "terminated: it, too"
        assert execution.refresh().error == "terminated: both"
        for control in (client.pause, client.resume, client.terminate, client.cancel):
            with pytest.raises(stigmer.client.Conflict, match="already ended"):
                control(run)
        with pytest.raises(stigmer.client.Conflict, match="runs of agents cannot be paused"):
            client.pause("aex-01m84vtjb1p5003pehs82a2bad")
        with pytest.raises(stigmer.client.NotFound):
            client.terminate("wex-01m84vtjb1p5003pehs82a2bad")
