"""kill -9 at many stages: each run ends once, each effect happened once or is reported as unknown."""

from __future__ import annotations

import random
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.agents.agents import Agents
from tests.agents.runner_unit import RunnerUnit
from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.workflows.worker.kit import COMPLETED, FAILED, Engine, WorkerUnit, http, set_, task

RECOVERY_SECONDS = 60.0


def stages(engine: Engine, service: StandIn) -> dict[str, str]:
    """Runs that stand at different stages when this returns, by the name of the stage."""
    wait = task("rest", "WAIT", {"seconds": 4})
    for name in ("in-flight", "chain", "waiting", "retrying", "reading", "again", "turned-away"):
        service.on(f"POST /{name}", body={"n": 1})
    service.on("POST /in-flight-slow", delay=4.0)
    service.on("GET /chain-slow", delay=4.0, body={"ok": True})
    service.on("GET /reading-slow", delay=4.0, body={"ok": True})
    service.on("GET /retrying-down", status=503)
    service.on("GET /retrying-down", status=503)
    service.on("GET /retrying-down", status=503)
    service.on("GET /retrying-down", body={"ok": True})
    service.on("GET /again-down", status=503)
    service.on("GET /again-down", body={"ok": True})
    service.on("POST /turned-away-full", status=429, headers={"Retry-After": "4"})
    service.on("POST /turned-away-full", body={"ok": True})
    url = service.url
    again = {"try": [http("down", f"{url}/again-down")], "catch": {"retry": {"limit": 3, "delay": 4}}}
    tasks = {
        "in-flight": [http("first", f"{url}/in-flight", "POST"), http("slow", f"{url}/in-flight-slow", "POST")],
        "chain": [http("first", f"{url}/chain", "POST"), http("slow", f"{url}/chain-slow")],
        "waiting": [http("first", f"{url}/waiting", "POST"), wait],
        "reading": [http("slow", f"{url}/reading-slow"), http("after", f"{url}/reading", "POST")],
        "again": [http("first", f"{url}/again", "POST"), task("guard", "TRY", again)],
        "turned-away": [http("first", f"{url}/turned-away", "POST"), http("full", f"{url}/turned-away-full", "POST")],
        "retrying": [http("first", f"{url}/retrying", "POST"), http("down", f"{url}/retrying-down")],
    }
    runs = {name: engine.start(engine.apply([*listed, set_("finish", done="yes")])) for name, listed in tasks.items()}
    for route in (
        "POST /in-flight-slow",
        "GET /chain-slow",
        "GET /reading-slow",
        "GET /retrying-down",
        "GET /again-down",
        "POST /turned-away-full",
    ):
        wait_until(partial(service.has, route), route)
    engine.until_task(runs["waiting"], "/rest")
    return runs


def check(engine: Engine, service: StandIn, runs: dict[str, str]) -> None:
    """Every run has ended as it should and every effect is accounted for."""
    ended = {name: engine.end(run_id, seconds=RECOVERY_SECONDS) for name, run_id in runs.items()}
    for name, run in ended.items():
        assert service.count(f"POST /{name}") == 1, name
        if name != "in-flight":
            assert (run.phase, run.output) == (COMPLETED, {"done": "yes"}), (name, run)
            assert "IN_PROGRESS" not in run.statuses.values()
    run = ended["in-flight"]
    assert service.count("POST /in-flight-slow") == 1
    assert run.phase == COMPLETED or (run.phase == FAILED and "unknown" in run.error), run


def test_the_worker_is_killed(own: Engine) -> None:
    with StandIn() as service:
        runs = stages(own, service)
        own.kill_worker()
        own.worker.restart()
        check(own, service, runs)
        assert own.end(runs["in-flight"]).phase == FAILED


def test_temporal_is_killed(own: Engine) -> None:
    with StandIn() as service:
        runs = stages(own, service)
        own.temporal.kill()
        own.temporal.start()
        check(own, service, runs)


def test_both_are_killed_at_once(own: Engine) -> None:
    with StandIn() as service:
        runs = stages(own, service)
        own.temporal.kill()
        own.kill_worker()
        own.temporal.start()
        own.worker.restart()
        check(own, service, runs)


def test_temporal_is_gone_when_a_run_is_created(own: Engine) -> None:
    """Nothing is stored then; a run stored just before waits for Temporal's return."""
    workflow = own.apply([set_("finish", done="yes")])
    run_id = own.start(workflow)
    own.temporal.kill()
    with pytest.raises(Exception, match="Temporal does not answer") as refused:
        own.start(workflow)
    assert refused.value.code.name == "UNAVAILABLE"  # type: ignore[attr-defined]  # Refused
    own.temporal.start()
    assert own.end(run_id, seconds=RECOVERY_SECONDS).phase == COMPLETED
    assert own.end(own.start(workflow), seconds=RECOVERY_SECONDS).phase == COMPLETED


def test_a_run_that_temporal_has_lost_begins_again_and_repeats_no_effect(own: Engine) -> None:
    gate = threading.Event()
    with StandIn() as service:
        service.on("POST /order", body={"number": 7})
        service.on("GET /gate", before=lambda _: gate.wait(RECOVERY_SECONDS))
        steps = [http("order", f"{service.url}/order", "POST"), http("gate", f"{service.url}/gate")]
        run_id = own.start(own.apply([*steps, set_("finish", number="${ .order.number }")]))
        wait_until(lambda: service.has("GET /gate"), "the run waits")
        own.kill_worker()
        own.temporal.kill()
        for file in own.temporal.directory.glob("temporal.db*"):
            file.unlink()
        gate.set()
        own.temporal.start()
        own.worker.restart()
        run = own.end(run_id, seconds=RECOVERY_SECONDS)
        assert (run.phase, run.output) == (COMPLETED, {"number": 7})
        assert run.statuses == {"/order": "COMPLETED", "/gate": "COMPLETED", "/finish": "COMPLETED"}
        assert service.count("POST /order") == 1


def test_the_worker_is_killed_while_an_agent_works(own: Engine, tmp_path: Path) -> None:
    agents = Agents(own.api, tmp_path)
    agent, model = agents.agent(), agents.script("Done.")
    config = {"agent": agent.metadata.slug, "message": "Go.", "config": {"model": model, "timeout": 120}}
    run_id = own.start(own.apply([task("ask", "AGENT_CALL", config), set_("finish", said="${ .ask.response }")]))
    page = own.api.of("AgentExecution")

    def started() -> int:
        request = page.request("Query", "list", page_size=100)
        return len(page.query("list", request).entries)

    own.wait(lambda: started() == 1, "the agent's run is there")
    own.kill_worker()
    with RunnerUnit(own.home, env=own.env) as runner:
        runner.wait_until_ready()
        own.worker.restart()
        run = own.end(run_id, seconds=RECOVERY_SECONDS)
    assert (run.phase, run.output) == (COMPLETED, {"said": "Done."})
    assert started() == 1


def test_a_storm_of_kills(own: Engine) -> None:
    """Random moments, seeded: 12 runs of 6 effects each, the worker killed again and again."""
    dice = random.Random(20)
    with StandIn() as service:
        for step in range(6):
            service.on(f"POST /step{step}", delay=0.05, body={"step": step})
        workflow = own.apply(
            [http(f"s{n}", f"{service.url}/step{n}", "POST", body={"run": "${ $workflow.id }"}) for n in range(6)]
        )
        runs = [own.start(workflow) for _ in range(12)]
        for _ in range(3):
            wait_for = service_total(service) + dice.randrange(1, 12)
            wait_until(lambda: service_total(service) >= wait_for or all_ended(own, runs), "more requests")  # noqa: B023
            own.kill_worker()
            own.worker.restart()
        ended = [own.end(run_id, seconds=RECOVERY_SECONDS) for run_id in runs]
        for run in ended:
            sent = [asked for asked in service.asked if asked.body["run"] == run.envelope.metadata.id]
            assert len({asked.path for asked in sent}) == len(sent), "an effect happened twice"
            assert (run.phase == COMPLETED and len(sent) == 6) or (run.phase == FAILED and "unknown" in run.error), run


def service_total(service: StandIn) -> int:
    return len(service.asked)


def all_ended(engine: Engine, runs: list[str]) -> bool:
    return all(engine.get(run_id).phase >= COMPLETED for run_id in runs)


def test_two_workers_at_once(own: Engine) -> None:
    """The second takes over the name under which it is woken; both work, nothing happens twice."""
    with StandIn() as service, WorkerUnit(own.home, env=own.env) as second:
        second.wait_until_ready()
        service.on("POST /step", body={})
        workflow = own.apply([http(f"s{n}", f"{service.url}/step", "POST") for n in range(3)])
        runs = [own.start(workflow) for _ in range(8)]
        assert all(own.end(run_id).phase == COMPLETED for run_id in runs)
        assert service.count("POST /step") == 24
    shutil.rmtree(own.home / "data" / "blobs", ignore_errors=True)


def test_a_worker_that_is_stopped_waits_a_moment_for_calls_under_way(own: Engine) -> None:
    """A short one ends, a long one is cut and reported as unknown, and the process goes either way."""
    with StandIn() as service:
        service.on("POST /short", delay=1.0)
        service.on("POST /long", delay=25.0)
        short = own.start(own.apply([http("send", f"{service.url}/short", "POST"), set_("finish", done="yes")]))
        long = own.start(own.apply([http("send", f"{service.url}/long", "POST", timeout_seconds=30)]))
        wait_until(lambda: service.has("POST /short") and service.has("POST /long"), "both are under way")
        own.worker.signal(15)
        assert own.worker.wait(22) == 0
        own.worker.restart()
        assert own.end(short, seconds=RECOVERY_SECONDS).phase == COMPLETED
        run = own.end(long, seconds=RECOVERY_SECONDS)
        assert run.phase == FAILED
        assert "unknown" in run.error
        assert (service.count("POST /short"), service.count("POST /long")) == (1, 1)
