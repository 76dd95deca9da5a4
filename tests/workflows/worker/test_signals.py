"""LISTEN on the real Temporal: what was acknowledged reaches the run once, whatever is killed and whenever it comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grpc
import pytest
from google.protobuf import json_format
from stigmer_proto.controlplane.v1 import executions_pb2 as wire

from tests.suites.client import Refused
from tests.support.http import StandIn
from tests.support.temporal import running_temporal
from tests.workflows.worker.kit import (
    CANCELLED,
    COMPLETED,
    FAILED,
    Engine,
    Json,
    http,
    listen,
    running_engine,
    set_,
    task,
)
from tests.workflows.worker.test_pause import SHORT_HISTORIES, others_run, pause, resume
from tests.workflows.worker.test_retry import retry

KEPT, TAKEN, UNUSED = wire.SIGNAL_STATE_KEPT, wire.SIGNAL_STATE_TAKEN, wire.SIGNAL_STATE_UNUSED
UPDATE, QUERY = wire.SIGNAL_TYPE_UPDATE, wire.SIGNAL_TYPE_QUERY
PATIENCE_SECONDS: Final = 20.0
REST: Final = task("rest", "WAIT", {"seconds": 1})


def fork(name: str, *, compete: bool = False, **branches: list[Json]) -> Json:
    listed = [{"name": branch, "do": do} for branch, do in branches.items()]
    return task(name, "FORK", {"branches": listed, "compete": compete})


def test_what_a_signal_carries_is_the_output(engine: Engine) -> None:
    """One that comes before its task begins is kept; of several the oldest is taken; the others are told as unused."""
    run = engine.start(engine.apply([listen("first", "go"), listen("second", "other", "go"), listen("third", "end")]))
    engine.until_task(run, "/first")
    early = engine.signal(run, "end", [1, {"deep": 2.5}])
    assert (early.state, early.number, bool(early.id)) == (KEPT, 1, True)
    extra = engine.signal(run, "nobody", id="extra")
    engine.signal(run, "go", {"n": 1})
    engine.signal(run, "go", {"n": 2})
    ended = engine.end(run)
    assert (ended.phase, ended.output) == (COMPLETED, {"value": [1, {"deep": 2.5}]}), ended
    assert ended.tasks["/first"]["output"] == {"n": 1}
    assert ended.tasks["/second"]["output"] == {"go": {"n": 2}}
    assert ended.tasks["/first"]["input"] == {"mode": "one", "signals": [{"id": "go", "type": "signal"}]}
    again = engine.signal(run, "nobody", id="extra")
    assert (again.number, again.state) == (extra.number, UNUSED)
    with pytest.raises(Refused) as late:
        engine.signal(run, "go")
    assert late.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert f"execution {run} has already ended: completed" in str(late.value)


def test_all_waits_for_each_and_takes_them_together(engine: Engine) -> None:
    run = engine.start(engine.apply([listen("both", "a", "b", mode="all"), set_("sum", n="${ .both.a + .both.b.n }")]))
    engine.until_task(run, "/both")
    assert engine.signal(run, "a", 1, id="one").state == KEPT
    others_run(engine)
    assert engine.signal(run, "a", 1, id="one").state == KEPT
    assert engine.signal(run, "b", {"n": 2}, type=UPDATE, wait_seconds=PATIENCE_SECONDS).state == TAKEN
    ended = engine.end(run)
    assert (ended.phase, ended.output) == (COMPLETED, {"n": 3}), ended


def test_the_same_id_is_one_signal(engine: Engine) -> None:
    run = engine.start(engine.apply([listen("first", "go"), listen("second", "go"), set_("done", x="1")]))
    sent = [engine.signal(run, "go", 1, id="once").number for _ in range(3)]
    assert sent == [1, 1, 1]
    with pytest.raises(Refused) as other:
        engine.signal(run, "go", 2, id="once")
    assert other.value.code is grpc.StatusCode.FAILED_PRECONDITION
    engine.until_task(run, "/second")
    others_run(engine)
    assert engine.get(run).statuses["/second"] == "IN_PROGRESS"
    engine.cancel(run)
    assert engine.end(run).phase == CANCELLED


def test_updates_are_answered_with_the_output_and_queries_with_the_data(engine: Engine) -> None:
    tasks = [set_("start", color="red"), listen("wait", "ask:query", "change:update"), set_("done", x="${ .wait.n }")]
    run = engine.start(engine.apply(tasks))
    engine.until_task(run, "/wait")
    unheard = engine.signal(run, "nobody", type=QUERY, wait_seconds=0)
    asked = engine.signal(run, "ask", type=QUERY, wait_seconds=PATIENCE_SECONDS)
    assert (unheard.state, asked.state, asked.task) == (KEPT, TAKEN, "/wait")
    assert json_format.MessageToDict(asked.answer)["color"] == "red"
    assert engine.get(run).statuses["/wait"] == "IN_PROGRESS"
    changed = engine.signal(run, "change", {"n": 5}, type=UPDATE, wait_seconds=PATIENCE_SECONDS)
    assert (changed.state, json_format.MessageToDict(changed.answer)) == (TAKEN, {"n": 5})
    assert engine.end(run).output == {"x": 5}


def test_a_paused_run_takes_its_signal_and_begins_nothing(engine: Engine) -> None:
    run = engine.start(engine.apply([listen("wait", "go"), set_("after", x="1")]))
    engine.until_task(run, "/wait")
    pause(engine, run)
    assert engine.signal(run, "go", type=UPDATE, wait_seconds=PATIENCE_SECONDS).state == TAKEN
    others_run(engine)
    assert engine.get(run).statuses["/after"] == "PENDING"
    resume(engine, run)
    assert engine.end(run).phase == COMPLETED


def test_the_loser_of_a_race_takes_nothing(engine: Engine) -> None:
    """Who listens after it gets what comes then; who wins it hears at once."""
    race = fork("race", compete=True, listens=[listen("wait", "go")], limit=[REST])
    run = engine.start(
        engine.apply(
            [
                race,
                listen("again", "go"),
                fork("last", compete=True, a=[listen("in", "end")], b=[listen("on", "never")]),
            ]
        )
    )
    engine.until_task(run, "/again")
    engine.signal(run, "go", 7)
    engine.until_task(run, "/last/a/in")
    engine.signal(run, "end", 8)
    ended = engine.end(run)
    assert (ended.phase, ended.output) == (COMPLETED, {"a": 8}), ended
    assert ended.tasks["/again"]["output"] == {"value": 7}
    assert ended.statuses["/race/listens/wait"] == "FAILED"
    assert "branch limit was first" in ended.tasks["/race/listens/wait"]["error"]
    assert ended.statuses["/last/b/on"] == "FAILED"


def test_a_run_of_an_agent_takes_none(engine: Engine) -> None:
    with pytest.raises(Refused) as raised:
        engine.signal("aex-01m84vtjb1p5003pehs82a2bad", "go")
    assert raised.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_secret_that_comes_in_is_masked(engine: Engine) -> None:
    tasks = [listen("wait", "go"), set_("use", secret="${ .secrets.TOKEN }")]
    env = {"TOKEN": {"value": "hunter2-and-more", "is_secret": True}}
    run = engine.start(engine.apply(tasks), runtime_env=env)
    engine.until_task(run, "/wait")
    answer = engine.signal(run, "go", {"it": "is hunter2-and-more"}, type=UPDATE, wait_seconds=PATIENCE_SECONDS)
    ended = engine.end(run)
    assert ended.phase == COMPLETED, ended
    assert "hunter2" not in f"{answer}{ended.envelope}"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    """An engine of this test alone, on a Temporal that soon finds histories long, and takes two updates of each."""
    (tmp_path / "temporal").mkdir()
    with (
        running_temporal(tmp_path / "temporal", SHORT_HISTORIES, "history.maxTotalUpdates=2") as temporal,
        running_engine(tmp_path / "home", temporal) as engine,
    ):
        yield engine


def test_a_branch_that_has_ended_is_told_while_the_others_wait(engine: Engine, service: StandIn) -> None:
    service.on("GET /now", body={"ok": True})
    both = fork("both", waits=[listen("one", "go")], works=[http("get", f"{service.url}/now")])
    run = engine.start(engine.apply([both]))
    engine.until_task(run, "/both/works/get", "COMPLETED")
    engine.signal(run, "go")
    assert engine.end(run).phase == COMPLETED


def test_nothing_acknowledged_is_lost_whatever_is_killed(own: Engine, service: StandIn) -> None:
    """Signals come while there is no worker, no Temporal, and in the moment in which both are killed.

    Beside a listener a branch goes on into new histories, and each of its effects is done once.
    """
    service.on("POST /item")
    many = task(
        "many", "FOR", {"each": "n", "in": "${ [range(40)] }", "do": [http("send", f"{service.url}/item", "POST")]}
    )
    names = [f"s{number}" for number in range(8)]
    both = fork("both", listens=[listen("all", *names, mode="all")], works=[many, listen("one", "go")])
    run = own.start(own.apply([both, set_("sum", n="${ [.both.listens[]] | add }", one="${ .both.works }")]))
    own.until_task(run, "/both/works/one")
    for number, name in enumerate(names[:2]):
        own.signal(run, name, number)
    own.kill_worker()
    for number, name in enumerate(names[2:4], 2):
        own.signal(run, name, number)
    own.worker.restart()
    own.temporal.kill()
    for number, name in enumerate(names[4:6], 4):
        own.signal(run, name, number)
    own.temporal.start()
    sender = threading.Thread(target=lambda: [own.signal(run, name, n) for n, name in enumerate(names[6:], 6)])
    sender.start()
    own.kill_worker()
    own.temporal.kill()
    own.temporal.start()
    sender.join()
    own.worker.restart()
    own.until_task(run, "/both/listens/all", "COMPLETED")
    own.signal(run, "go", "x")
    ended = own.end(run, seconds=120)
    assert (ended.phase, ended.output) == (COMPLETED, {"n": 28, "one": "x"}), ended
    assert service.count("POST /item") == 40


def test_a_retry_gets_what_was_left_and_waits_for_nothing_twice(engine: Engine, service: StandIn) -> None:
    service.on("GET /now", status=404)
    service.on("GET /now", body={"ok": True})
    tasks = [listen("first", "go"), http("get", f"{service.url}/now"), listen("second", "more")]
    failed = engine.start(engine.apply(tasks))
    engine.signal(failed, "more", 2)
    engine.signal(failed, "go", 1)
    assert engine.end(failed).phase == FAILED
    run = retry(engine, failed)
    ended = engine.end(run)
    assert (ended.phase, ended.output) == (COMPLETED, {"value": 2}), ended
    assert ended.tasks["/first"]["output"] == {"value": 1}
