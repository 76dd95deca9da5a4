"""Cancelling a run at every stage: it ends at once, as cancelled, and does nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from stigmer_proto.controlplane.v1 import resources_pb2

from tests.suites.client import EXTENSION
from tests.support.http import StandIn
from tests.workflows.worker.kit import CANCELLED, Engine, Run, http, set_, task


def cancelled(engine: Engine, run_id: str) -> Run:
    """The run, which would not have ended for long by itself, or otherwise."""
    engine.cancel(run_id, "enough")
    run = engine.end(run_id)
    assert (run.phase, run.error) == (CANCELLED, "cancelled: enough"), run
    return run


def test_while_it_waits(engine: Engine) -> None:
    run_id = engine.start(engine.apply([task("rest", "WAIT", {"seconds": 600}), set_("after", x="1")]))
    engine.until_task(run_id, "/rest")
    assert cancelled(engine, run_id).statuses == {"/rest": "FAILED", "/after": "SKIPPED"}


def test_while_a_request_is_under_way(engine: Engine, service: StandIn) -> None:
    service.on("POST /slow", delay=600.0)
    run_id = engine.start(engine.apply([http("send", f"{service.url}/slow", "POST"), set_("after", x="1")]))
    engine.wait(lambda: service.count("POST /slow") == 1, "the request is there")
    assert cancelled(engine, run_id).statuses == {"/send": "FAILED", "/after": "SKIPPED"}


def test_while_a_long_request_is_under_way(engine: Engine, service: StandIn) -> None:
    """An ordinary activity, not a local one."""
    service.on("GET /slow", delay=600.0)
    run_id = engine.start(engine.apply([http("get", f"{service.url}/slow", timeout_seconds=200)]))
    engine.wait(lambda: service.count("GET /slow") == 1, "the request is there")
    cancelled(engine, run_id)


@pytest.mark.parametrize(
    ("method", "answer", "attempt"),
    [("GET", {"status": 503}, 3), ("POST", {"status": 429, "headers": {"Retry-After": "600"}}, 2)],
)
def test_while_it_waits_to_try_again(
    engine: Engine, service: StandIn, method: str, answer: dict[str, Any], attempt: int
) -> None:
    service.on(f"{method} /down", **answer)
    run_id = engine.start(engine.apply([http("get", f"{service.url}/down", method)]))
    engine.until_task(run_id, f"/get~attempt{attempt}", "PENDING")
    asked = service.count(f"{method} /down")
    cancelled(engine, run_id)
    assert service.count(f"{method} /down") == asked


def test_a_loop_over_a_million_items(engine: Engine) -> None:
    inner = task("inner", "FOR", {"each": "n", "in": "${ .items }", "do": [set_("add", x="${ .n + 1 }")]})
    outer = task("each", "FOR", {"each": "m", "in": "${ .items }", "do": [inner]})
    tasks = [set_("list", items="${ [range(1000)] }"), outer]
    run_id = engine.start(engine.apply(tasks))
    engine.until_task(run_id, "/each[0]/inner[100]/add", "COMPLETED")
    run = cancelled(engine, run_id)
    assert run.statuses["/each"] == "FAILED"
    assert len(run.tasks) < 2100


def test_a_try_does_not_catch_it(engine: Engine) -> None:
    catch = {"as": "error", "do": [set_("note", x="caught")]}
    guard = task("guard", "TRY", {"try": [task("rest", "WAIT", {"seconds": 600})], "catch": catch})
    run_id = engine.start(engine.apply([guard]))
    engine.until_task(run_id, "/guard/try/rest")
    assert "/guard/catch/note" not in cancelled(engine, run_id).statuses


def test_before_it_began(engine: Engine) -> None:
    """Created and cancelled at once: whoever comes first, it ends as cancelled and no task has completed after."""
    for _ in range(5):
        run_id = engine.start(engine.apply([task("rest", "WAIT", {"seconds": 600})]))
        cancelled(engine, run_id)


def test_deleting_a_run_ends_its_workflow(engine: Engine, service: StandIn) -> None:
    service.on("POST /after")
    run_id = engine.start(
        engine.apply([task("rest", "WAIT", {"seconds": 20}), http("send", f"{service.url}/after", "POST")])
    )
    engine.until_task(run_id, "/rest")
    request = resources_pb2.DeleteResourceRequest(kind="WorkflowExecution", id=run_id, force=True)
    engine.api.call(f"{EXTENSION}.ResourceController.delete", request)
    engine.wait(lambda: f"{run_id}: ended or deleted" in engine.worker.log, "its workflow is stopped")
    assert service.count("POST /after") == 0
