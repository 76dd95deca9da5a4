"""A paused run ends what is under way and begins nothing new, whatever happens to its worker meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from stigmer_proto.agentic.workflowrunner.v1 import interface_pb2, io_pb2  # noqa: F401  # declare the service

from tests.support.http import StandIn
from tests.support.temporal import running_temporal
from tests.workflows.worker.kit import CANCELLED, COMPLETED, Engine, Json, http, running_engine, set_, task

SERVICE = "ai.stigmer.agentic.workflowrunner.v1.WorkflowRunnerServiceController"
SHORT_HISTORIES = "limit.historyCount.suggestContinueAsNew=40"
IN_PROGRESS = 2


@pytest.fixture
def gate(service: StandIn) -> Iterator[threading.Event]:
    """Requests to /first are answered once it is set."""
    opened = threading.Event()
    service.on("GET /first", before=lambda _: opened.wait(60))
    service.on("POST /after")
    yield opened
    opened.set()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    """An engine of this test alone, on a Temporal that soon finds histories long."""
    (tmp_path / "temporal").mkdir()
    with (
        running_temporal(tmp_path / "temporal", SHORT_HISTORIES) as temporal,
        running_engine(tmp_path / "home", temporal) as engine,
    ):
        yield engine


def pause(engine: Engine, run_id: str) -> None:
    engine.api.call(f"{SERVICE}.pauseExecution", io_pb2.PauseExecutionRequest(execution_id=run_id))


def resume(engine: Engine, run_id: str) -> None:
    engine.api.call(f"{SERVICE}.resumeExecution", io_pb2.ResumeExecutionRequest(execution_id=run_id))


def others_run(engine: Engine) -> None:
    """Two runs, one after the other: what the worker saw with the first it has done when it takes the second."""
    for _ in range(2):
        assert engine.run([set_("a", x="1")]).phase == COMPLETED


def first(service: StandIn) -> Json:
    return http("first", f"{service.url}/first", timeout_seconds=60)


def after(service: StandIn) -> Json:
    return http("after", f"{service.url}/after", "POST")


def paused_in_a_request(engine: Engine, service: StandIn, gate: threading.Event, tasks: list[Json]) -> str:
    """A run that was paused while its first request was under way, which is answered now."""
    run_id = engine.start(engine.apply(tasks))
    engine.wait(lambda: service.count("GET /first") == 1, "the request is there")
    pause(engine, run_id)
    others_run(engine)
    gate.set()
    return run_id


def test_what_is_under_way_ends_and_nothing_new_begins(engine: Engine, service: StandIn, gate: threading.Event) -> None:
    run_id = paused_in_a_request(engine, service, gate, [first(service), after(service)])
    engine.until_task(run_id, "/first", "COMPLETED")
    others_run(engine)
    held = engine.get(run_id)
    assert (held.phase, held.statuses) == (IN_PROGRESS, {"/first": "COMPLETED", "/after": "PENDING"})
    assert service.count("POST /after") == 0
    resume(engine, run_id)
    assert engine.end(run_id).phase == COMPLETED
    assert service.count("POST /after") == 1


def test_loops_pause_between_their_tasks(engine: Engine, service: StandIn, gate: threading.Event) -> None:
    loop = {"each": "n", "in": "${ [1, 2, 3] }", "do": [first(service), after(service)]}
    run_id = paused_in_a_request(engine, service, gate, [task("each", "FOR", loop)])
    engine.until_task(run_id, "/each[0]/first", "COMPLETED")
    others_run(engine)
    assert service.count("POST /after") == 0
    resume(engine, run_id)
    assert engine.end(run_id).phase == COMPLETED
    assert service.count("POST /after") == 3


def test_timers_run_on(engine: Engine) -> None:
    run_id = engine.start(engine.apply([task("rest", "WAIT", {"seconds": 2}), set_("after", x="1")]))
    engine.until_task(run_id, "/rest")
    pause(engine, run_id)
    engine.until_task(run_id, "/rest", "COMPLETED")
    others_run(engine)
    assert engine.get(run_id).phase == IN_PROGRESS
    resume(engine, run_id)
    assert engine.end(run_id).phase == COMPLETED


def test_a_paused_run_can_be_cancelled(engine: Engine, service: StandIn, gate: threading.Event) -> None:
    run_id = paused_in_a_request(engine, service, gate, [first(service), after(service)])
    engine.until_task(run_id, "/first", "COMPLETED")
    engine.cancel(run_id, "enough")
    ended = engine.end(run_id)
    assert (ended.phase, ended.statuses) == (CANCELLED, {"/first": "COMPLETED", "/after": "SKIPPED"})
    assert service.count("POST /after") == 0


def test_a_run_that_is_paused_before_it_begins_begins_nothing(own: Engine, service: StandIn) -> None:
    service.on("POST /after")
    own.kill_worker()
    run_id = own.start(own.apply([after(service)]))
    pause(own, run_id)
    own.worker.restart()
    others_run(own)
    assert (own.get(run_id).phase, service.count("POST /after")) == (IN_PROGRESS, 0)
    resume(own, run_id)
    assert own.end(run_id).phase == COMPLETED
    assert service.count("POST /after") == 1


def test_it_stays_paused_over_killed_workers_and_new_histories(
    own: Engine, service: StandIn, gate: threading.Event
) -> None:
    """And one that goes on while there is no worker goes on with the next."""
    gate.set()
    many = {"each": "n", "in": "${ [range(30)] }", "do": [after(service)]}
    second = threading.Event()
    service.on("GET /second", before=lambda _: second.wait(60))
    wait = http("second", f"{service.url}/second", timeout_seconds=60)
    run_id = own.start(own.apply([task("many", "FOR", many), wait, task("again", "FOR", many)]))
    own.wait(lambda: service.count("GET /second") == 1, "the request is there")
    pause(own, run_id)
    others_run(own)
    second.set()
    own.until_task(run_id, "/second", "COMPLETED")
    own.kill_worker()
    own.worker.restart()
    others_run(own)
    assert (own.get(run_id).phase, service.count("POST /after")) == (IN_PROGRESS, 30)
    own.kill_worker()
    resume(own, run_id)
    own.worker.restart()
    assert own.end(run_id).phase == COMPLETED
    assert service.count("POST /after") == 60
