"""Branches on the real Temporal: at the same time, raced, killed; each effect once or in doubt."""

from __future__ import annotations

import threading

from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.workflows.worker.kit import COMPLETED, FAILED, Engine, Json, http, set_, task

PATIENCE_SECONDS = 120.0


def fork(name: str, *, compete: bool = False, **branches: list[Json]) -> Json:
    listed = [{"name": branch, "do": do} for branch, do in branches.items()]
    return task(name, "FORK", {"branches": listed, "compete": compete})


def test_branches_and_iterations_run_at_the_same_time(engine: Engine, service: StandIn) -> None:
    """Each request is answered once all have arrived."""
    pair, lot = threading.Barrier(2), threading.Barrier(3)
    for route in ("GET /a", "POST /b"):
        service.on(route, before=lambda _: pair.wait(PATIENCE_SECONDS), body={"route": route})
    for number in range(6):
        service.on(f"GET /{number}", before=lambda _: lot.wait(PATIENCE_SECONDS), body={"number": number})
    each = {"each": "n", "in": "${ [range(6)] }", "concurrency": 3, "do": [http("get", f"{service.url}/${{ .n }}")]}
    get, post = http("get", f"{service.url}/a"), http("post", f"{service.url}/b", "POST")
    tasks = [
        fork("both", a=[get], b=[post, set_("note", x="1")]),
        task("loop", "FOR", each),
        set_("finish", a="${ .both.branches.a.route }", b="${ .both.b.x }", all="${ [.loop[].number] }"),
    ]
    run = engine.run(tasks)
    assert (run.phase, run.output) == (COMPLETED, {"a": "GET /a", "b": "1", "all": [0, 1, 2, 3, 4, 5]}), run
    assert set(run.statuses.values()) == {"COMPLETED"}
    assert run.tasks["/both"]["output"] == {"a": {"route": "GET /a"}, "b": {"x": "1"}}


def test_the_loser_of_a_race_is_cut_and_in_doubt(engine: Engine, service: StandIn) -> None:
    """Its request is never answered; a wait beside it wins, which no request may keep from Temporal."""
    gate = threading.Event()
    service.on("POST /never", before=lambda _: gate.wait(PATIENCE_SECONDS))
    slow = http("send", f"{service.url}/never", "POST", timeout_seconds=60)
    race = fork("race", compete=True, slow=[slow, set_("after", x="1")], limit=[task("rest", "WAIT", {"seconds": 1})])
    run = engine.run([race, set_("finish", slow="${ .race.slow }", won="${ .race.branches | keys }")])
    gate.set()
    assert (run.phase, run.output) == (COMPLETED, {"slow": None, "won": ["limit"]}), run
    assert run.statuses["/race/slow/send"] == "FAILED"
    assert "branch limit was first; what it had sent may have been done" in run.tasks["/race/slow/send"]["error"]
    assert run.statuses["/race/slow/after"] == "SKIPPED"
    assert service.count("POST /never") == 1


def test_a_branch_that_fails_cuts_the_others_and_can_be_caught(engine: Engine, service: StandIn) -> None:
    service.on("POST /hangs", delay=600.0)
    service.on("GET /gone", before=lambda _: wait_until(lambda: service.has("POST /hangs"), "both"), status=404)
    hangs, gone = http("send", f"{service.url}/hangs", "POST"), http("get", f"{service.url}/gone")
    caught = {"as": "error", "do": [set_("note", status="${ .error.status }")]}
    run = engine.run([task("guard", "TRY", {"try": [fork("both", a=[hangs], b=[gone])], "catch": caught})])
    assert (run.phase, run.output) == (COMPLETED, {"status": 404}), run
    assert "branch b failed" in run.tasks["/guard/try/both/a/send"]["error"]


def test_a_worker_that_is_killed_repeats_no_effect_of_a_branch(own: Engine) -> None:
    """One branch has acted and goes on, one is in the middle of a request, whose end nobody can know."""
    gate = threading.Event()
    with StandIn() as service:
        for route in ("POST /one", "POST /two", "POST /three"):
            service.on(route, body={"ok": True})
        service.on("GET /gate", before=lambda _: gate.wait(PATIENCE_SECONDS), body={})
        service.on("POST /hangs", before=lambda _: gate.wait(PATIENCE_SECONDS), body={})
        url = service.url
        one = [http("one", f"{url}/one", "POST"), http("gate", f"{url}/gate"), http("three", f"{url}/three", "POST")]
        two = [http("two", f"{url}/two", "POST"), task("rest", "WAIT", {"seconds": 1})]
        three = [http("hangs", f"{url}/hangs", "POST")]
        race = own.start(own.apply([fork("race", compete=True, one=one, three=three), set_("finish", done="yes")]))
        both = own.start(own.apply([fork("both", two=two, three=three), set_("finish", done="yes")]))
        wait_until(lambda: service.count("POST /hangs") == 2 and service.has("GET /gate"), "requests", seconds=60)
        own.until_task(both, "/both/two/rest")
        own.kill_worker()
        gate.set()
        own.worker.restart()
        won, lost = own.end(race, seconds=PATIENCE_SECONDS), own.end(both, seconds=PATIENCE_SECONDS)
        assert (won.phase, won.output) == (COMPLETED, {"done": "yes"}), won
        assert won.statuses["/race/three/hangs"] == "FAILED"
        assert lost.phase == FAILED, lost
        assert "unknown" in lost.error
        counts = {route: service.count(f"POST /{route}") for route in ("one", "two", "three", "hangs")}
        assert counts == {"one": 1, "two": 1, "three": 1, "hangs": 2}
