"""RUN: workflows that run others, and wait for them or not."""

from __future__ import annotations

import threading
from typing import Any

from stigmer_proto.agentic.workflowexecution.v1 import io_pb2

from tests.suites.client import unique
from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.workflows.worker.kit import CANCELLED, COMPLETED, FAILED, Engine, Json, http, set_, task


def child(name: str, slug: str, **config: Json) -> Json:
    return task(name, "RUN", {"workflow": slug, **config})


def runs_for(engine: Engine, run_id: str) -> list[Any]:
    """The runs that tasks of a run have started."""
    page = engine.api.of("WorkflowExecution").query("list", io_pb2.ListWorkflowExecutionsRequest(page_size=100))
    return [each for each in page.entries if each.metadata.labels["stigmer.ai/workflow-execution"] == run_id]


def test_the_output_of_another_workflow(engine: Engine) -> None:
    """It gets its input with its types, and each knows the other."""
    slug = unique("inner")
    engine.apply([set_("sum", total="${ $input.n + 1 }", who="${ $input.who }")], name=slug)
    tasks = [
        set_("given", n="${ 41 }"),
        child("ask", slug, input={"n": "${ .given.n }", "who": "you"}),
        set_("finish", total="${ .ask.total }", who="${ .ask.who }"),
    ]
    run = engine.run(tasks)
    assert (run.phase, run.output) == (COMPLETED, {"total": 42, "who": "you"}), run
    (started,) = runs_for(engine, run.envelope.metadata.id)
    assert run.tasks["/ask"]["metadata"]["workflow_execution_id"] == started.metadata.id
    assert started.metadata.annotations["stigmer.ai/workflow-task"] == "/ask"


def test_one_that_fails_fails_the_task(engine: Engine) -> None:
    slug = unique("inner")
    engine.apply([task("no", "RAISE", {"error": "Odd", "message": "how odd"})], name=slug)
    caught = {"as": "error", "do": [set_("note", why="${ .error.message }", is_it='${ .error.type == "command" }')]}
    run = engine.run([task("guard", "TRY", {"try": [child("ask", slug)], "catch": caught})])
    (started,) = runs_for(engine, run.envelope.metadata.id)
    assert run.output == {"why": f"workflow {slug}: /no: how odd ({started.metadata.id})", "is_it": True}


def test_what_cannot_be_run_is_named(engine: Engine) -> None:
    engine.apply([child("again", "circular")], name="circular")
    said = {"nobody-has-this": "there is no workflow 'nobody-has-this'", "circular": "in a circle: circular > circular"}
    for slug, words in said.items():
        run = engine.run([child("ask", slug)])
        assert run.phase == FAILED
        assert words in run.error
    secret = {"T": {"value": "s3cret-of-this-run", "is_secret": True}}
    run = engine.run([child("ask", "circular", input={"deep": ["${ .secrets.T }"]})], runtime_env=secret)
    assert "a secret cannot be part of the input" in run.error
    assert runs_for(engine, run.envelope.metadata.id) == []


def test_cancelling_a_run_cancels_those_it_waits_for(engine: Engine) -> None:
    waited, started = unique("waited"), unique("started")
    engine.apply([task("rest", "WAIT", {"seconds": 600})], name=waited)
    engine.apply([task("rest", "WAIT", {"seconds": 1}), set_("finish", done="yes")], name=started)
    run_id = engine.start(engine.apply([child("go", started, **{"await": False}), child("ask", waited)]))
    engine.wait(lambda: len(runs_for(engine, run_id)) == 2, "both are there", seconds=60)
    engine.cancel(run_id)
    assert engine.end(run_id).phase == CANCELLED
    phases = {engine.end(each.metadata.id).phase for each in runs_for(engine, run_id)}
    assert phases == {CANCELLED, COMPLETED}, "one is not waited for, and goes on"


def test_a_worker_that_is_killed_starts_no_second_run(own: Engine) -> None:
    gate = threading.Event()
    with StandIn() as service:
        service.on("POST /once", body={"n": 1})
        service.on("GET /gate", before=lambda _: gate.wait(120), body={})
        own.apply([http("once", f"{service.url}/once", "POST"), http("gate", f"{service.url}/gate")], name="inner")
        run_id = own.start(own.apply([child("ask", "inner"), set_("finish", done="yes")]))
        wait_until(lambda: service.has("GET /gate"), "the inner run is under way", seconds=60)
        own.kill_worker()
        gate.set()
        own.worker.restart()
        run = own.end(run_id, seconds=120)
        assert (run.phase, run.output) == (COMPLETED, {"done": "yes"}), run
        assert len(runs_for(own, run_id)) == 1
        assert service.count("POST /once") == 1
