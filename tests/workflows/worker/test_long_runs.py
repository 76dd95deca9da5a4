"""A run whose history becomes long goes on in a new one, with everything it knew."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.support.temporal import running_temporal
from tests.workflows.worker.kit import COMPLETED, Engine, http, running_engine, set_, task
from tests.workflows.worker.test_branches import fork

SHORT_HISTORIES = "limit.historyCount.suggestContinueAsNew=40"
ITEMS = 20


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    """An engine on a Temporal that soon finds histories long."""
    (tmp_path / "temporal").mkdir()
    with (
        running_temporal(tmp_path / "temporal", SHORT_HISTORIES) as temporal,
        running_engine(tmp_path / "home", temporal) as engine,
    ):
        yield engine


def histories(engine: Engine, run_id: str) -> int:
    async def count() -> int:
        client = await Client.connect(engine.temporal.address)
        return len([each async for each in client.list_workflows(f"WorkflowId = '{run_id}'")])

    return asyncio.run(count())


def tasks(url: str) -> list[Any]:
    """Loops within loops, a caught error, and a request for each item that is no local activity."""
    send = http("send", f"{url}/items", "POST", body={"n": "${ .n }", "sum": "${ .sum }"}, timeout_seconds=100)
    odd = {
        "try": [task("fail", "RAISE", {"error": "Odd", "message": "${ .n }"})],
        "catch": {"as": "odd", "do": [set_("note", last="${ .odd.message }")]},
    }
    inner = {"each": "n", "in": "${ .row }", "do": [send, set_("add", sum="${ .sum + .n }"), task("guard", "TRY", odd)]}
    outer = {"each": "row", "in": "${ .rows }", "do": [task("inner", "FOR", inner)]}
    return [
        set_("begin", sum="${ 0 }", rows=f"${{ [range({ITEMS})] | [.[:7], .[7:]] }}"),
        task("outer", "FOR", outer),
        set_("finish", sum="${ .sum }", last="${ .last }", rows="${ .outer | length }", kept='${ has("row") }'),
    ]


def beside_waits(url: str) -> list[Any]:
    """A race that a long wait would lose, then a short wait that a branch beside it outlasts."""
    get = http("get", f"{url}/more", timeout_seconds=100)
    works = task("many", "FOR", {"each": "n", "in": f"${{ [range({ITEMS})] }}", "do": [get]})
    rest = [set_("before", kept="${ 1 }"), task("rest", "WAIT", {"seconds": 1}), set_("after", kept="${ .kept + 1 }")]
    race = fork("race", compete=True, works=[works], waits=[task("long", "WAIT", {"seconds": 600})])
    return [race, fork("both", works=[works], waits=rest), set_("finish", waits="${ .both.waits }")]


def test_a_wait_beside_it_keeps_it_from_no_new_history(own: Engine, service: StandIn) -> None:
    service.on("GET /more", body={"ok": True})
    run = own.run(beside_waits(service.url))
    assert (run.phase, run.output, service.count("GET /more")) == (COMPLETED, {"waits": {"kept": 2}}, 2 * ITEMS), run
    assert histories(own, run.envelope.metadata.id) > 4
    (waited,) = (task for path, task in run.tasks.items() if path.endswith("/both/waits/rest"))
    assert waited["output"] == {"seconds": 1}


def test_it_goes_on_where_it_stood(own: Engine, service: StandIn) -> None:
    service.on("POST /items", body={"ok": True})
    run = own.run(tasks(service.url))
    assert (run.phase, run.error) == (COMPLETED, "")
    total = sum(range(ITEMS))
    assert run.output == {"sum": total, "last": str(ITEMS - 1), "rows": 2, "kept": False}
    assert [asked.body["n"] for asked in service.asked] == list(range(ITEMS))
    assert [asked.body["sum"] for asked in service.asked] == [sum(range(n)) for n in range(ITEMS)]
    assert set(run.statuses.values()) == {"COMPLETED", "FAILED"}
    assert histories(own, run.envelope.metadata.id) > 2


def test_a_worker_that_dies_after_it_repeats_nothing(own: Engine, service: StandIn) -> None:
    opened = threading.Event()
    service.on("POST /items", body={"ok": True})
    service.on("GET /gate", before=lambda _: opened.wait(60))
    run_id = own.start(own.apply([*tasks(service.url), http("gate", f"{service.url}/gate")]))
    wait_until(lambda: service.has("GET /gate"), "the run is at its gate", seconds=60)
    own.kill_worker()
    opened.set()
    own.worker.restart()
    run = own.end(run_id)
    assert (run.phase, run.error) == (COMPLETED, "")
    assert [asked.body["n"] for asked in service.asked if asked.method == "POST"] == list(range(ITEMS))
    assert histories(own, run_id) > 2
