"""Every control over runs under way, whatever they are at (over those that nobody works on: resources/api)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import grpc
import pytest
from stigmer_proto.controlplane.v1 import runs_pb2

from tests.suites.client import EXTENSION, Refused, opened, unique
from tests.support.http import StandIn
from tests.workflows.worker.kit import CANCELLED, COMPLETED, Engine, Json, Run, http, listen, set_, task
from tests.workflows.worker.test_children import child, runs_for
from tests.workflows.worker.test_pause import others_run, pause, resume

WAIT = task("rest", "WAIT", {"seconds": 600})
FORK = {"branches": [{"name": "a", "do": [WAIT]}, {"name": "b", "do": [listen("ear", "stop")]}]}
STATES = ("request", "paused", "wait", "listen", "fork", "child")
CONTROLS = ("signal", "pause", "resume", "retry", "rerun", "cancel", "terminate")
AT = {
    "request": "/first",
    "paused": "/first",
    "wait": "/rest",
    "listen": "/ear",
    "fork": "/fork/b/ear",
    "child": "/ask",
}


@pytest.fixture
def gate(service: StandIn) -> Iterator[threading.Event]:
    """Requests to /first are answered once it is set."""
    opened_gate = threading.Event()
    service.on("GET /first", before=lambda _: opened_gate.wait(60))
    yield opened_gate
    opened_gate.set()


def tasks_of(engine: Engine, state: str, service: StandIn) -> list[Json]:
    first = http("first", f"{service.url}/first", timeout_seconds=60)
    if state == "child":
        inner = unique("inner")
        engine.apply([WAIT], name=inner)
        return [child("ask", inner), set_("after", x="1")]
    at = {
        "request": first,
        "paused": first,
        "wait": WAIT,
        "listen": listen("ear", "stop"),
        "fork": task("fork", "FORK", FORK),
    }
    return [at[state], set_("after", x="1")]


def started_in(engine: Engine, state: str, service: StandIn, gate: threading.Event) -> dict[str, str]:
    """A run for each control, all in this state."""
    workflow = engine.apply(tasks_of(engine, state, service))
    runs = {control: engine.start(workflow) for control in CONTROLS}
    for run in runs.values():
        engine.until_task(run, AT[state])
        if state == "child":
            until_its_run_began(engine, run)
    if state == "paused":
        for run in runs.values():
            pause(engine, run)
        others_run(engine)
        gate.set()
        for run in runs.values():
            engine.until_task(run, "/first", "COMPLETED")
    return runs


def until_its_run_began(engine: Engine, run: str) -> None:
    engine.wait(lambda: [each for each in runs_for(engine, run) if each.status.phase == 2], "its run began")


def waiting(engine: Engine, run: str) -> str:
    request = runs_pb2.DescribeRunRequest(execution_id=run)
    return str(engine.api.call(f"{EXTENSION}.RunController.describe", request).run.waiting)


def below(engine: Engine, run: str) -> list[str]:
    return [str(each.metadata.id) for each in runs_for(engine, run)]


@pytest.mark.parametrize("state", STATES)
def test_of_runs_under_way(engine: Engine, service: StandIn, gate: threading.Event, state: str) -> None:
    runs = started_in(engine, state, service, gate)
    children = {control: below(engine, run) for control, run in runs.items()}
    assert all(len(each) == (state == "child") for each in children.values())

    ended = engine.terminate(runs["terminate"], "enough")
    assert (ended.phase, ended.error) == (CANCELLED, "terminated: enough"), "at once"
    assert set(ended.statuses.values()) <= {"COMPLETED", "FAILED", "SKIPPED"}
    for run in children["terminate"]:
        assert engine.get(run).error == f"terminated with {runs['terminate']}: enough", "at once, too"

    engine.signal(runs["signal"], "stop")
    for control, told, said in (("pause", pause, "paused"), ("resume", resume, "")):
        told(engine, runs[control])
        assert {waiting(engine, run) for run in (runs[control], *children[control])} == {said}
    if state == "child":
        resume(engine, runs["pause"])
        assert waiting(engine, children["pause"][0]) == "", "it goes on with the one that waits for it"
        pause(engine, runs["pause"])

    with pytest.raises(Refused) as refused:
        engine.api.call(f"{EXTENSION}.RunController.retry", runs_pb2.RetryRequest(execution_id=runs["retry"]))
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert f"stigmer executions cancel {runs['retry']}" in refused.value.facts["hint"]
    again: Any = opened(  # Any: an envelope
        engine.api.call(f"{EXTENSION}.RunController.rerun", runs_pb2.RerunRequest(execution_id=runs["rerun"]))
    )
    assert again.metadata.annotations["stigmer.ai/rerun-of"] == runs["rerun"]

    for control in ("cancel", "pause"):
        engine.cancel(runs[control], "enough")
        for run in (runs[control], *children[control]):
            assert engine.end(run).phase == CANCELLED
    gate.set()
    goes_on = {"signal": ("request", "paused", "listen"), "resume": ("request", "paused")}
    for control, states in goes_on.items():
        if control == "signal" and state == "paused":
            resume(engine, runs[control])
        if state in states:
            assert engine.end(runs[control]).phase == COMPLETED
    for run in (*(runs.values()), again.metadata.id):
        with suppress(Refused):
            engine.terminate(run)


def test_a_run_that_is_terminated_lets_go_of_what_it_was_at(engine: Engine, service: StandIn) -> None:
    """And nothing of its workflow is left: it does not go on, and costs nobody anything."""
    service.on("POST /slow", delay=600.0)
    service.on("POST /after")
    tasks = [
        http("send", f"{service.url}/slow", "POST", timeout_seconds=50),
        http("after", f"{service.url}/after", "POST"),
    ]
    run = engine.start(engine.apply(tasks))
    engine.wait(lambda: service.count("POST /slow") == 1, "the request is there")
    ended = engine.terminate(run)
    assert ended.statuses == {"/send": "FAILED", "/after": "SKIPPED"}
    engine.wait(lambda: f"{run}: ended or deleted, its workflow was stopped" in engine.worker.log, "the worker lets go")
    others_run(engine)
    assert (engine.get(run).envelope, service.count("POST /after")) == (ended.envelope, 0)


def terminated_while_it_hangs(engine: Engine, run: str) -> Run:
    """The worker is stopped, and not while it writes: nobody could write then, whatever for."""
    while True:
        engine.worker.signal(signal.SIGSTOP)
        try:
            return engine.terminate(run, "it hangs")
        except Refused as refused:
            engine.worker.signal(signal.SIGCONT)
            if refused.code is not grpc.StatusCode.UNAVAILABLE:
                raise


def test_it_ends_with_its_runs_while_the_worker_hangs_or_is_gone(own: Engine) -> None:
    inner = unique("inner")
    own.apply([WAIT], name=inner)
    workflow = own.apply([child("ask", inner), set_("after", x="1")])
    hanging, gone = own.start(workflow), own.start(workflow)
    for run in (hanging, gone):
        until_its_run_began(own, run)
        own.until_task(run, "/ask")
        own.until_task(below(own, run)[0], "/rest")
    assert terminated_while_it_hangs(own, hanging).phase == CANCELLED
    own.worker.signal(signal.SIGCONT)
    own.kill_worker()
    assert own.terminate(gone, "it is gone").phase == CANCELLED
    for run, why in ((hanging, "it hangs"), (gone, "it is gone")):
        assert own.get(below(own, run)[0]).error == f"terminated with {run}: {why}"
    runs = [*below(own, hanging), *below(own, gone), hanging, gone]
    ended = [own.get(run).envelope for run in runs]
    own.worker.restart()
    others_run(own)
    assert [own.get(run).envelope for run in runs] == ended, "whoever works on them has nothing to say any more"
