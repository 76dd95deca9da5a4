"""A Temporal that others use, too: what is not ours is neither ended nor worked on."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from stigmer_proto.controlplane.v1 import resources_pb2
from temporalio.client import WorkflowExecutionStatus

from apps.workflows.worker.contracts import SHARED_TASK_QUEUE, WORKFLOW, task_queue
from tests.agents.agents import Agents
from tests.suites.client import EXTENSION
from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.support.temporal import TemporalServer, running_temporal
from tests.workflows.worker.kit import COMPLETED, Engine, WorkerUnit, http, running_engine, set_, task
from tests.workflows.worker.somebody import Somebody

RECOVERY_SECONDS = 60.0
RUNNING = WorkflowExecutionStatus.RUNNING
REST = [task("rest", "WAIT", {"seconds": 600})]


class FormerWorkerUnit(WorkerUnit):
    """Of a version that knew one queue only."""

    module: ClassVar[str] = "tests.workflows.worker.former_worker"


@pytest.fixture
def temporal(tmp_path: Path) -> Iterator[TemporalServer]:
    """One of this test alone: the queue of former versions is looked at when a worker starts."""
    (tmp_path / "temporal").mkdir()
    with running_temporal(tmp_path / "temporal") as temporal:
        yield temporal


@pytest.fixture
def own(tmp_path: Path, temporal: TemporalServer) -> Iterator[Engine]:
    with running_engine(tmp_path / "home", temporal) as engine:
        yield engine


@pytest.fixture
def somebody(temporal: TemporalServer) -> Iterator[Somebody]:
    with Somebody(temporal.address) as somebody:
        yield somebody


def sweep_twice(engine: Engine) -> None:
    """Wait until the engine has twice looked for what is to end, and has ended a workflow each time."""
    for _ in range(2):
        run_id = engine.start(engine.apply(REST))
        engine.until_task(run_id, "/rest")
        request = resources_pb2.DeleteResourceRequest(kind="WorkflowExecution", id=run_id, force=True)
        engine.api.call(f"{EXTENSION}.ResourceController.delete", request)
        ended = f"{run_id}: ended or deleted"
        engine.wait(lambda ended=ended: ended in engine.worker.log, "its workflow is stopped")


def queue_of(engine: Engine) -> str:
    return task_queue((engine.home / "data" / "installation").read_text())


def test_workflows_of_others_go_on_and_nobody_takes_their_tasks(own: Engine, somebody: Somebody) -> None:
    others = {
        "their-type": ("Pipeline", "elsewhere"),
        "our-type-elsewhere": (WORKFLOW, "elsewhere"),
        "of-another-installation": (WORKFLOW, task_queue("another")),
        "of-a-former-version": (WORKFLOW, SHARED_TASK_QUEUE),
        "their-type-on-our-queue": ("Pipeline", queue_of(own)),
    }
    for name, (kind, queue) in others.items():
        somebody.start(name, kind=kind, queue=queue)
    sweep_twice(own)
    assert {name: somebody.status(name) for name in others} == dict.fromkeys(others, RUNNING)
    assert somebody.attempts("of-a-former-version") <= 1


def test_a_workflow_of_others_that_waits_for_a_run_of_ours_gets_its_result(own: Engine, somebody: Somebody) -> None:
    token = somebody.start_waiting("their-review")
    sweep_twice(own)
    kind = own.api.of("WorkflowExecution")
    workflow = own.apply([set_("finish", done="yes")])
    kind.create(kind.envelope({"workflow_id": workflow, "callback_token": base64.b64encode(token).decode()}))
    assert somebody.result("their-review")["output"] == {"done": "yes"}


def test_a_run_whose_id_somebody_uses_fails_and_theirs_goes_on(own: Engine, somebody: Somebody) -> None:
    own.kill_worker()
    run_id = own.start(own.apply(REST))
    somebody.start(run_id, kind="Pipeline", queue="elsewhere")
    own.worker.restart()
    assert "somebody else" in own.end(run_id).error
    assert somebody.status(run_id) is RUNNING


def test_installations_that_share_a_temporal_disturb_nobody(tmp_path: Path, temporal: TemporalServer) -> None:
    gate = threading.Event()
    with StandIn() as service, ExitStack() as stack:
        service.on("GET /gate", before=lambda _: gate.wait(RECOVERY_SECONDS))
        service.on("POST /step", body={})
        engines = [stack.enter_context(running_engine(tmp_path / name, temporal)) for name in ("one", "two")]
        steps = [http("gate", f"{service.url}/gate", timeout_seconds=55), http("step", f"{service.url}/step", "POST")]
        runs = [
            (each, each.start(each.apply([*steps, set_("finish", done="yes")]))) for each in engines for _ in "12345"
        ]
        wait_until(lambda: service.count("GET /gate") == len(runs), "all are under way")
        for engine in engines:
            sweep_twice(engine)
        gate.set()
        ended = [engine.end(run_id, seconds=RECOVERY_SECONDS) for engine, run_id in runs]
    assert [(run.phase, run.output) for run in ended] == [(COMPLETED, {"done": "yes"})] * len(runs)
    assert service.count("POST /step") == len(runs)


def start_worker(engine: Engine, unit: type[WorkerUnit]) -> None:
    """In the place of the one that has ended."""
    engine.worker.hang_up()
    engine.worker = unit(engine.home, env=engine.env)
    engine.worker.wait_until_ready()


def runs_of_a_former_version(engine: Engine, service: StandIn, gate: threading.Event) -> list[str]:
    """Two that stand before a request, on the queue that all installations shared."""
    engine.kill_worker()
    start_worker(engine, FormerWorkerUnit)
    service.on("POST /before", body={"number": 7})
    service.on("GET /gate", before=lambda _: gate.wait(RECOVERY_SECONDS))
    steps: list[Any] = [http("before", f"{service.url}/before", "POST"), task("rest", "WAIT", {"seconds": 1})]
    steps += [http("gate", f"{service.url}/gate", timeout_seconds=50), set_("finish", number="${ .before.number }")]
    workflow = engine.apply(steps)
    runs = [engine.start(workflow) for _ in range(2)]
    wait_until(lambda: service.count("GET /gate") == len(runs), "they are under way")
    return runs


def check_ended(engine: Engine, service: StandIn, runs: list[str]) -> None:
    ended = [engine.end(run_id, seconds=RECOVERY_SECONDS) for run_id in runs]
    assert [(run.phase, run.output) for run in ended] == [(COMPLETED, {"number": 7})] * len(runs)
    assert service.count("POST /before") == len(runs)


def test_runs_of_a_former_version_go_on_where_they_stand(own: Engine, somebody: Somebody) -> None:
    gate = threading.Event()
    with StandIn() as service:
        runs = runs_of_a_former_version(own, service, gate)
        own.kill_worker()
        start_worker(own, WorkerUnit)
        gate.set()
        check_ended(own, service, runs)
    assert {somebody.queue_of(run_id) for run_id in runs} == {SHARED_TASK_QUEUE}
    assert own.run([set_("finish", done="yes")]).output == {"done": "yes"}


def test_beside_runs_of_others_they_begin_again_on_a_queue_of_their_own(own: Engine, somebody: Somebody) -> None:
    gate = threading.Event()
    with StandIn() as service:
        runs = runs_of_a_former_version(own, service, gate)
        own.kill_worker()
        somebody.start("of-another-installation", kind=WORKFLOW, queue=SHARED_TASK_QUEUE)
        start_worker(own, WorkerUnit)
        gate.set()
        check_ended(own, service, runs)
    assert {somebody.queue_of(run_id) for run_id in runs} == {queue_of(own)}
    assert somebody.status("of-another-installation") is RUNNING
    assert somebody.attempts("of-another-installation") <= 1


def test_an_agent_is_asked_once_by_a_run_of_a_former_version(own: Engine, tmp_path: Path) -> None:
    own.kill_worker()
    start_worker(own, FormerWorkerUnit)
    agent = Agents(own.api, tmp_path).agent()
    run_id = own.start(own.apply([task("ask", "AGENT_CALL", {"agent": agent.metadata.slug, "message": "Go."})]))
    own.until_task(run_id, "/ask")
    own.kill_worker()
    start_worker(own, WorkerUnit)
    own.cancel(run_id, "enough")
    assert own.end(run_id, seconds=RECOVERY_SECONDS).error == "cancelled: enough"
