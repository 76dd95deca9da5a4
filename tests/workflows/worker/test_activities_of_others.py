"""CALL_ACTIVITY on the real Temporal: a worker of the author's own, which knows nothing of us."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.suites.client import unique
from tests.workflows.worker.kit import CANCELLED, COMPLETED, FAILED, Engine, Json, set_, task


class Others:
    """Activities; `asked` has what each was given, and `hold` is answered once `gate` is set."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.gate = threading.Event()

    @activity.defn(name="double")
    def double(self, given: Any) -> Any:
        self.asked.append(given)
        return {"n": given["n"] * 2, "big": 2**60}

    @activity.defn(name="fail")
    def fail(self, given: Any) -> None:
        self.asked.append(given)
        raise ApplicationError("no room", type="Full")

    @activity.defn(name="hold")
    def hold(self, given: Any) -> Any:
        self.asked.append(given)
        self.gate.wait(120)
        return "held"


@contextmanager
def working(engine: Engine, others: Others, queue: str) -> Iterator[None]:
    """A worker with these activities, on a loop in a thread of its own."""
    ready, stop = threading.Event(), threading.Event()

    async def work() -> None:
        client = await Client.connect(engine.temporal.address)
        with ThreadPoolExecutor(8) as threads:
            made = [others.double, others.fail, others.hold]
            async with Worker(client, task_queue=queue, activities=made, activity_executor=threads):
                ready.set()
                await asyncio.get_running_loop().run_in_executor(None, stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert ready.wait(60)
        yield
    finally:
        others.gate.set()
        stop.set()
        thread.join()


@pytest.fixture
def others() -> Others:
    return Others()


def ask(name: str, activity_name: str, queue: str, **more: Json) -> Json:
    return task(name, "CALL_ACTIVITY", {"activity": activity_name, "task_queue": queue, **more})


def test_an_activity_is_asked_and_answers(engine: Engine, others: Others) -> None:
    """What it is given it can read; what fails in it can be caught; of a secret it hears nothing."""
    queue = unique("queue")
    caught = {"do": [set_("note", why="${ .error.message }")]}
    leak = ask("leak", "double", queue, input={"token": "${ .secrets.TOKEN }"})
    finish = set_("told", why="${ .error.message }", n="${ .double.n }", first="${ .guard.why }")
    tasks = [
        set_("n", n="${ 21 }"),
        ask("double", "double", queue, input={"n": "${ .n }"}),
        task("guard", "TRY", {"try": [ask("fail", "fail", queue, input={"a": 1})], "catch": caught}),
        task("secret", "TRY", {"try": [leak], "catch": {"do": [finish]}}),
    ]
    env = {"TOKEN": {"value": "hunter2-of-an-activity", "is_secret": True}}
    with working(engine, others, queue):
        run = engine.end(engine.start(engine.apply(tasks), runtime_env=env))
    assert run.phase == COMPLETED, run
    assert run.output["n"] == 42
    assert run.output["first"] == "activity fail: Full: no room"
    assert "a secret cannot be part of it" in run.output["why"]
    assert others.asked == [{"n": 21}, {"a": 1}]


def test_a_queue_without_a_worker_is_told_apart(engine: Engine) -> None:
    run = engine.run([ask("ask", "double", unique("queue"), timeout_seconds=1)])
    assert run.phase == FAILED
    assert "no worker took it from the queue" in run.error
    assert run.tasks["/ask"]["metadata"]["error_status"] == 408


def test_a_run_that_is_cancelled_waits_for_it_no_longer(engine: Engine, others: Others) -> None:
    queue = unique("queue")
    with working(engine, others, queue):
        run = engine.start(engine.apply([ask("hold", "hold", queue)]))
        engine.wait(lambda: others.asked, "it is asked")
        engine.cancel(run)
        assert engine.end(run).phase == CANCELLED


def test_our_worker_is_killed_while_another_works(own: Engine, others: Others) -> None:
    """It is asked once, and its answer is taken by the next worker of ours."""
    queue = unique("queue")
    with working(own, others, queue):
        run = own.start(own.apply([ask("hold", "hold", queue, input={"n": 1}), set_("done", what="${ .hold }")]))
        own.wait(lambda: others.asked, "it is asked")
        own.kill_worker()
        others.gate.set()
        own.worker.restart()
        ended = own.end(run)
        assert (ended.phase, ended.output, others.asked) == (COMPLETED, {"what": "held"}, [{"n": 1}]), ended
