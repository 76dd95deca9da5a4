"""A run that failed goes on from the task that failed: what was done before it is not done again."""

from __future__ import annotations

import threading
from typing import Any

import grpc
import pytest
from stigmer_proto.controlplane.v1 import runs_pb2

from tests.suites.client import EXTENSION, Refused, opened
from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.workflows.worker.kit import COMPLETED, FAILED, Engine, Run, http, set_, task

ORDER = {"number": 7}


def retry(engine: Engine, run_id: str, task_name: str = "") -> str:
    request = runs_pb2.RetryRequest(execution_id=run_id, task=task_name)
    return str(opened(engine.api.call(f"{EXTENSION}.RunController.retry", request)).metadata.id)


def describe(engine: Engine, run_id: str) -> Any:
    request = runs_pb2.DescribeRunRequest(execution_id=run_id)
    return engine.api.call(f"{EXTENSION}.RunController.describe", request)


def failed(engine: Engine, tasks: list[Any], **given: Any) -> Run:
    run = engine.run(tasks, **given)
    assert run.phase == FAILED, run
    return run


def id_of(run: Run) -> str:
    return str(run.envelope.metadata.id)


def sent(service: StandIn) -> list[str]:
    return [f"{asked.method} {asked.path}" for asked in service.asked]


def test_it_goes_on_from_the_task_that_failed_with_everything_before_it_kept(engine: Engine, service: StandIn) -> None:
    """Requests of both sorts, a wait, values drawn and times: none of it again; what was caught stays caught."""
    url = service.url
    service.on("POST /order", body=ORDER)
    service.on("GET /stock", body={"left": 3})
    service.on("POST /broken", status=422)
    service.on("POST /ship", status=422)
    service.on("POST /ship", body={"ok": True})
    guard = {"try": [http("broken", f"{url}/broken", "POST")], "catch": {"as": "error", "do": [set_("noted", n="1")]}}
    ship = http("ship", f"{url}/ship", "POST", body={"n": "${ .order.number }", "key": "${ .marks.key }"})
    tasks = [
        http("order", f"{url}/order", "POST"),
        http("stock", f"{url}/stock"),
        set_("marks", key="${ uuid }", at="${ now }"),
        task("guard", "TRY", guard),
        task("rest", "WAIT", {"seconds": 1}),
        task("each", "FOR", {"each": "n", "in": "${ [1] }", "do": [ship]}),
        set_("finish", left="${ .stock.left }", at="${ .at }", id="${ $workflow.id }"),
    ]
    first = failed(engine, tasks)
    second = engine.end(retry(engine, id_of(first)))
    assert second.phase == COMPLETED, second
    asked = ["POST /order", "GET /stock", "POST /broken", "POST /ship"]
    assert sent(service) == [*asked, "POST /ship"]
    assert service.asked[-1].body == service.asked[-2].body
    at = first.tasks["/marks"]["output"]["at"]
    assert second.output == {"left": 3, "at": pytest.approx(at, abs=0.002), "id": id_of(first)}
    for name in ("/order", "/stock", "/marks", "/guard", "/guard/try/broken", "/guard/catch/noted", "/rest"):
        kept = second.tasks[name]
        assert kept["metadata"].pop("done_in_try") == 1
        assert kept == first.tasks[name], name
    assert "done_in_try" not in second.tasks["/each[0]/ship"]["metadata"]
    assert [*second.statuses][-3:] == ["/each", "/each[0]/ship", "/finish"]


def test_both_know_each_other_and_what_was_done_is_handed_on_once(engine: Engine, service: StandIn) -> None:
    """A second try that fails, too, has all of it, and a third goes on from there."""
    service.on("POST /order", body=ORDER)
    for _ in range(2):
        service.on("POST /ship", status=422)
    service.on("POST /ship", body={})
    secret = {"KEY": {"value": "hunter2-of-a-retry", "is_secret": True}}
    order = http("order", f"{service.url}/order", "POST", headers={"Authorization": "${ .secrets.KEY }"})
    ship = http("ship", f"{service.url}/ship", "POST", headers={"Authorization": "${ .secrets.KEY }"})
    first = failed(engine, [order, ship], runtime_env=secret)
    assert describe(engine, id_of(first)).can_be_retried
    second = engine.end(retry(engine, id_of(first)))
    assert second.phase == FAILED
    with pytest.raises(Refused, match=f"was retried already, by {id_of(second)}") as refused:
        retry(engine, id_of(first))
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    third = engine.end(retry(engine, id_of(second)))
    assert third.phase == COMPLETED, third
    assert sent(service) == ["POST /order", *["POST /ship"] * 3]
    assert {asked.headers["authorization"] for asked in service.asked} == {"hunter2-of-a-retry"}
    assert (describe(engine, id_of(first)).retried_by, describe(engine, id_of(third)).retry_of) == (
        id_of(second),
        id_of(second),
    )
    assert [describe(engine, id_of(run)).try_number for run in (first, second, third)] == [1, 2, 3]
    assert third.envelope.metadata.annotations["stigmer.ai/retry-from"] == "/ship"
    assert not describe(engine, id_of(second)).can_be_retried


def test_branches_go_on_each_from_where_it_was(engine: Engine, service: StandIn) -> None:
    """What was done in the one that ended well is not done again, nor the turns of a loop side by side."""
    url = service.url
    service.on("POST /a", body={"n": 1})
    service.on("POST /item", body={"ok": True})
    service.on("GET /done", body={})
    service.on("POST /b", before=lambda _: wait_until(lambda: service.has("GET /done"), "a is done"), status=422)
    service.on("POST /b", body={"n": 2})
    each = {"each": "n", "in": "${ [1, 2, 3] }", "concurrency": 3, "do": [http("item", f"{url}/item", "POST")]}
    a = [
        http("a", f"{url}/a", "POST"),
        task("each", "FOR", each),
        http("done", f"{url}/done"),
        set_("left", n="${ .a.n }"),
    ]
    branches = [
        {"name": "a", "do": a},
        {"name": "b", "do": [http("b", f"{url}/b", "POST"), set_("right", n="${ .b.n }")]},
    ]
    both = task("both", "FORK", {"branches": branches})
    first = failed(engine, [both, set_("sum", n="${ .both.a.n + .both.b.n }")])
    second = engine.end(retry(engine, id_of(first)))
    assert (second.phase, second.output) == (COMPLETED, {"n": 3}), second
    posted = sorted(each for each in sent(service) if each.startswith("POST"))
    assert posted == ["POST /a", "POST /b", "POST /b", *["POST /item"] * 3]


def test_a_race_has_the_winner_that_it_had(engine: Engine, service: StandIn) -> None:
    """Beside a wait, which a retry does not wait for, and a request, which it has to look up."""
    service.on("POST /quick", body={"n": 1})
    service.on("GET /after", status=422)
    service.on("GET /after", body={})
    quick, limit = [http("quick", f"{service.url}/quick", "POST")], [task("rest", "WAIT", {"seconds": 600})]
    branches = [{"name": "limit", "do": limit}, {"name": "quick", "do": quick}]
    race = task("race", "FORK", {"branches": branches, "compete": True})
    finish = set_("finish", won="${ .race.branches | keys }")
    first = failed(engine, [race, http("after", f"{service.url}/after"), finish])
    second = engine.end(retry(engine, id_of(first)))
    assert (second.phase, second.output) == (COMPLETED, {"won": ["quick"]}), second
    assert service.count("POST /quick") == 1


def test_it_goes_on_from_a_task_that_somebody_names(engine: Engine, service: StandIn) -> None:
    """With what follows that one; by its name, or by its path where several have the name."""
    url = service.url
    service.on("POST /a", body={})
    service.on("POST /b", body={})
    service.on("POST /c", status=422)
    service.on("POST /c", body={})
    loop = task("each", "FOR", {"each": "n", "in": "${ [1, 2, 3] }", "do": [http("b", f"{url}/b", "POST")]})
    first = failed(engine, [http("a", f"{url}/a", "POST"), loop, http("c", f"{url}/c", "POST")])
    with pytest.raises(Refused, match=r"is the name of 3 tasks: say which, /each\[0\]/b"):
        retry(engine, id_of(first), "b")
    with pytest.raises(Refused, match="'d' has not begun in that run; those that have: /a, /each"):
        retry(engine, id_of(first), "d")
    second = engine.end(retry(engine, id_of(first), "/each[1]/b"))
    assert second.phase == COMPLETED, second
    assert sent(service) == ["POST /a", *["POST /b"] * 3, "POST /c", *["POST /b"] * 2, "POST /c"]


def test_what_was_done_is_not_done_again_where_its_task_failed_after_it(engine: Engine, service: StandIn) -> None:
    """A request that only reads, and whose answer nothing has written down before the run failed, included."""
    service.on("POST /order", body=ORDER)
    service.on("GET /stock", body={"left": 3})
    exported = {"export": {"as": "${ .nothing | error }"}}
    first = failed(engine, [http("order", f"{service.url}/order", "POST") | exported])
    second = engine.end(retry(engine, id_of(first)))
    assert (second.phase, service.count("POST /order")) == (FAILED, 1)
    read = failed(engine, [http("stock", f"{service.url}/stock"), set_("odd", x="${ .stock | error }")])
    assert engine.end(retry(engine, id_of(read))).phase == FAILED
    assert service.count("GET /stock") == 1
    assert engine.end(retry(engine, id_of(second), "order")).phase == FAILED
    assert service.count("POST /order") == 2


def test_runs_that_it_has_started_are_kept_too(engine: Engine, service: StandIn) -> None:
    service.on("POST /order", body=ORDER)
    service.on("POST /ship", status=422)
    service.on("POST /ship", body={})
    engine.apply([http("order", f"{service.url}/order", "POST")], name="ordering-of-retries")
    child = task("child", "RUN", {"workflow": "ordering-of-retries"})
    first = failed(engine, [child, http("ship", f"{service.url}/ship", "POST", body={"n": "${ .child.number }"})])
    assert engine.end(retry(engine, id_of(first))).phase == COMPLETED
    assert (service.count("POST /order"), service.asked[-1].body) == (1, {"n": 7})


def test_a_killed_worker_repeats_nothing_of_a_retry(engine: Engine, service: StandIn) -> None:
    """Killed while it does anew what failed: what came before is kept, what is under way is not done twice."""
    gate = threading.Event()
    service.on("POST /order", body=ORDER)
    service.on("GET /slow", status=422)
    service.on("GET /slow", before=lambda _: gate.wait(60), body={})
    service.on("GET /slow", body={})
    service.on("POST /ship", body={})
    tasks = [http("order", f"{service.url}/order", "POST"), http("slow", f"{service.url}/slow", timeout_seconds=60)]
    first = failed(engine, [*tasks, http("ship", f"{service.url}/ship", "POST", body={"n": "${ .order.number }"})])
    second = retry(engine, id_of(first))
    engine.wait(lambda: service.count("GET /slow") == 2, "it is under way")
    engine.kill_worker()
    engine.worker.restart()
    gate.set()
    run = engine.end(second)
    assert run.phase == COMPLETED, run
    assert (service.count("POST /order"), service.count("POST /ship")) == (1, 1)


def test_runs_that_have_not_failed_are_refused_with_a_way_out(engine: Engine) -> None:
    done = engine.run([set_("a", x="1")])
    with pytest.raises(Refused, match="has completed, and only runs that failed are retried"):
        retry(engine, id_of(done))
    waiting = engine.start(engine.apply([task("rest", "WAIT", {"seconds": 600})]))
    with pytest.raises(Refused, match="is still under way"):
        retry(engine, waiting)
    engine.cancel(waiting)
    engine.end(waiting)
    with pytest.raises(Refused, match="was cancelled, and only runs that failed are retried"):
        retry(engine, waiting)
