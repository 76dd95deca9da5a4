"""Histories of real runs, saved, replayed against today's code: what was begun yesterday must go on today.

`UPDATE_HISTORIES=1 pytest tests/workflows/worker/test_replay.py` records them anew: do that for new files only.
One that does not replay any more is a running workflow that an upgrade would break.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from apps.resources.secrets.keyfile import KeyFile
from apps.workflows.worker.payloads import ENCODING, SealingCodec
from apps.workflows.worker.workflow import REPLAY_EVALUATOR, RunWorkflow
from tests.suites.client import unique
from tests.support.http import StandIn
from tests.support.machines import HandOver
from tests.workflows.worker.kit import Engine, http, listen, set_, task
from tests.workflows.worker.test_activities_of_others import Others, ask, working

HISTORIES = Path(__file__).parents[2] / "histories"
NAMES = (
    "every_kind",
    "server_errors",
    "failure",
    "cancelled_wait",
    "cancelled_loop",
    "agent_not_found",
    "branches",
    "race",
    "child",
    "signals",
    "activity",
    "try_again",
    "race_kept",
    "waits_beside",
    "signals_heard",
)


def fork(*, compete: bool = False, **branches: list[Any]) -> Any:
    listed = [{"name": name, "do": do} for name, do in branches.items()]
    return task("fork", "FORK", {"branches": listed, "compete": compete})


def replay(history: WorkflowHistory) -> None:
    # Debug mode: without it the SDK takes a busy machine for a deadlock.
    replayer = Replayer(workflows=[RunWorkflow], workflow_runner=UnsandboxedWorkflowRunner(), debug_mode=True)
    asyncio.run(replayer.replay_workflow(history))


@pytest.fixture(autouse=True)
def _jq_ends() -> Iterator[None]:
    yield
    REPLAY_EVALUATOR.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_history_replays(name: str) -> None:
    text = (HISTORIES / f"{name}.json").read_text()
    replay(WorkflowHistory.from_json(name, text))


def test_a_history_of_another_course_does_not_replay() -> None:
    """The check itself works: a run whose definition says something else is found out."""
    text = (HISTORIES / "every_kind.json").read_text()
    history = json.loads(text)
    plan = history["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]
    changed = json.loads(base64.b64decode(plan["data"]))
    changed["spec"]["tasks"] = [changed["spec"]["tasks"][-1]]
    plan["data"] = base64.b64encode(json.dumps(changed).encode()).decode()
    with pytest.raises(Exception, match=r"(?i)nondeterminism"):
        replay(WorkflowHistory.from_json("changed", history))


@pytest.fixture
def runs(engine: Engine, service: StandIn) -> dict[str, str]:
    """A run for each history, by name."""
    url, queue = service.url, unique("queue")
    service.on("GET /hangs", delay=600.0)
    service.on("POST /items", body={"ok": True})
    service.on("GET /again", status=404)
    service.on("GET /again", body={"ok": True})
    service.on("GET /flaky", status=503)
    service.on("GET /flaky", body={"ok": True})
    loop = {"each": "item", "in": "${ .items }", "do": [http("send", f"{url}/items", "POST", body={"n": "${ .item }"})]}
    guard = {
        "try": [task("fail", "RAISE", {"error": "Odd", "message": "how odd"})],
        "catch": {"as": "error", "do": [set_("note", at="${ now | floor }", why="${ .error.message }")]},
    }
    cases = {"cases": [{"name": "yes", "when": "${ (.items | length) == 3 }", "then": "guard"}]}
    inner = task("inner", "FOR", {"each": "n", "in": "${ .items }", "do": [set_("add", x="${ .n + 1 }")]})
    outer = task("each", "FOR", {"each": "m", "in": "${ .items }", "do": [inner]})
    tasks: dict[str, list[Any]] = {
        "every_kind": [
            set_("list", items="${ [1, 2, 3] }"),
            task("each", "FOR", loop),
            task("choose", "SWITCH", cases),
            set_("never", x="1"),
            task("guard", "TRY", guard),
            task("rest", "WAIT", {"seconds": 1}),
            set_("finish", why="${ .why }"),
        ],
        "server_errors": [http("fetch", f"{url}/flaky"), http("long", f"{url}/items", "POST", timeout_seconds=100)],
        "failure": [http("fetch", f"{url}/nowhere")],
        "cancelled_wait": [task("rest", "WAIT", {"seconds": 600})],
        "cancelled_loop": [set_("list", items="${ [range(1000)] }"), outer],
        "branches": [
            fork(a=[http("fetch", f"{url}/items", "POST"), set_("note", x="1")], b=[set_("two", x="2")]),
            task("loop", "FOR", {**loop, "in": "${ [1, 2, 3] }", "concurrency": 2}),
        ],
        "child": [task("ask", "RUN", {"workflow": "replayed-child", "input": {"n": "${ 1 }"}})],
        "race": [
            fork(compete=True, slow=[http("hangs", f"{url}/hangs")], quick=[task("rest", "WAIT", {"seconds": 1})])
        ],
        "signals": [
            fork(compete=True, listens=[listen("in", "never")], quick=[task("rest", "WAIT", {"seconds": 1})]),
            listen("one", "go", "ask:query"),
            listen("both", "a", "b", mode="all"),
        ],
        "signals_heard": [listen("one", "go"), set_("between", x="1"), listen("two", "a", "b", mode="all")],
        "race_kept": [
            fork(compete=True, slow=[http("hangs", f"{url}/hangs")], quick=[task("rest", "WAIT", {"seconds": 1})])
        ],
        "waits_beside": [
            fork(a=[task("rest", "WAIT", {"seconds": 1}), set_("one", x="1")], b=[task("rest", "WAIT", {"seconds": 2})])
        ],
        "try_again": [
            task("guard", "TRY", {"try": [http("get", f"{url}/again")], "catch": {"retry": {"delay": 0.1}}}),
            task("rest", "WAIT", {"duration": "PT0.05S"}),
            http("missing", f"{url}/nowhere", retry={"limit": 2, "delay": 0.1, "errors": ["communication"]}),
        ],
        "activity": [
            task("guard", "TRY", {"try": [ask("fail", "fail", queue)], "catch": {"do": [set_("note", x="1")]}}),
            ask("double", "double", queue, input={"n": "${ 21 }"}),
        ],
        "agent_not_found": [task("ask", "AGENT_CALL", {"agent": "nobody", "message": "Hello"})],
    }
    engine.apply([set_("sum", n="${ $input.n + 1 }")], name="replayed-child")
    with working(engine, Others(), queue):
        started = {name: engine.start(engine.apply(listed)) for name, listed in tasks.items()}
        engine.end(started["activity"])
    engine.until_task(started["cancelled_wait"], "/rest")
    engine.until_task(started["cancelled_loop"], "/each[0]/inner[100]/add", "COMPLETED")
    for name in ("signals", "signals_heard"):
        engine.until_task(started[name], "/one")
        for signal in ("other", "go", "a", "b"):
            engine.signal(started[name], signal, {"n": 1})
    for name, run_id in started.items():
        if name.startswith("cancelled"):
            engine.cancel(run_id)
        engine.end(run_id)
    return started


def test_what_runs_today_replays(engine: Engine, runs: dict[str, str], hand_over: HandOver) -> None:
    hand_over(keys=KeyFile(engine.home / "data" / "keys" / "secrets"))
    for name, run_id in runs.items():
        opened = _opened(_fetch(engine, run_id), SealingCodec(engine.home / "data" / "blobs"))
        if os.environ.get("UPDATE_HISTORIES"):
            HISTORIES.mkdir(exist_ok=True)
            (HISTORIES / f"{name}.json").write_text(json.dumps(opened, indent=1))
        replay(WorkflowHistory.from_json(name, opened))


def _fetch(engine: Engine, run_id: str) -> Any:
    async def fetch() -> str:
        client = await Client.connect(engine.temporal.address)
        history = await client.get_workflow_handle(run_id).fetch_history()
        return history.to_json()

    return json.loads(asyncio.run(fetch()))


def _opened(value: Any, codec: SealingCodec) -> Any:
    """A history as JSON with its payloads opened, so that it replays without the keys."""
    if isinstance(value, list):
        return [_opened(item, codec) for item in value]
    if not isinstance(value, dict):
        return value
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and base64.b64decode(metadata.get("encoding", "")) == ENCODING:
        sealed = {key: base64.b64decode(text) for key, text in metadata.items()}
        payload = codec._open(Payload(metadata=sealed, data=base64.b64decode(value.get("data", ""))))
        shown = {key: base64.b64encode(data).decode() for key, data in payload.metadata.items()}
        return {"metadata": shown, "data": base64.b64encode(payload.data).decode()}
    return {key: _opened(item, codec) for key, item in value.items()}
