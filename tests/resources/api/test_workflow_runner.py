"""The runner service of the contract: stored runs are started, cancelled, paused and resumed by their ids."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from stigmer_proto.agentic.workflowrunner.v1 import interface_pb2, io_pb2  # noqa: F401  # declare the service

from tests.factories import make_agent, make_workflow
from tests.suites.client import Api, Envelope, Refused, unique
from tests.support.databases import both_databases

pytestmark = both_databases
SERVICE = "ai.stigmer.agentic.workflowrunner.v1.WorkflowRunnerServiceController"
COMPLETED, CANCELLED = 3, 5


@pytest.fixture
def api(idle_api: Api) -> Api:
    return idle_api


@pytest.fixture
def run(api: Api) -> Envelope:
    runs = api.of("WorkflowExecution")
    return runs.create(runs.envelope({"workflow_id": make_workflow(api).metadata.id}, name=unique("run")))


def execute(api: Api, execution_id: str, document: str = "") -> io_pb2.WorkflowExecuteResponse:
    request = io_pb2.WorkflowExecuteInput(workflow_execution_id=execution_id, workflow_yaml=document)
    answer: io_pb2.WorkflowExecuteResponse = api.call(f"{SERVICE}.executeAsync", request)
    return answer


def control(api: Api, verb: str, execution_id: str, **more: Any) -> None:  # Any: fields of the request
    request = getattr(io_pb2, f"{verb.capitalize()}ExecutionRequest")(execution_id=execution_id, **more)
    api.call(f"{SERVICE}.{verb}Execution", request)


def report(api: Api, run: Envelope, phase: int) -> None:
    runs = api.of("WorkflowExecution")
    request: Any = runs.request("Command", "updateStatus", execution_id=run.metadata.id)  # Any: a generated class
    request.status.phase = phase
    runs.command("updateStatus", request)


def waits(api: Api, run: Envelope) -> list[tuple[str, str]]:
    """What the events say that the run waits for, and why. The run ends here."""
    control(api, "cancel", run.metadata.id)
    events = [event.waiting for event in api.follow(run.metadata.id) if event.WhichOneof("change") == "waiting"]
    return [(event.waiting, event.reason) for event in events]


def test_a_stored_run_is_found_as_often_as_it_is_asked_for(api: Api, run: Envelope) -> None:
    first, second = execute(api, run.metadata.id), execute(api, run.metadata.id)
    assert first == second
    assert (first.workflow_execution_id, first.status) == (run.metadata.id, "EXECUTION_PENDING")
    assert (first.temporal_workflow_id, first.subscribe_url, first.status_url) == (run.metadata.id, "", "")


def test_a_run_that_has_ended_is_not_started_again(api: Api, run: Envelope) -> None:
    report(api, run, COMPLETED)
    with pytest.raises(Refused, match="already ended") as caught:
        execute(api, run.metadata.id)
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("execution_id", ["wex-01arz3ndektsv4rrffq69g5fav", "agent"])
def test_what_is_no_run_of_a_workflow_is_not_found(api: Api, execution_id: str) -> None:
    if execution_id == "agent":  # one of an agent
        runs = api.of("AgentExecution")
        spec = {"agent_id": make_agent(api).metadata.id, "message": "Go."}
        execution_id = runs.create(runs.envelope(spec, owner_scope=0)).metadata.id
    for ask in (lambda: execute(api, execution_id), *(_asking(api, verb, execution_id) for verb in VERBS)):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.code is grpc.StatusCode.NOT_FOUND


VERBS = ("cancel", "pause", "resume")


def _asking(api: Api, verb: str, execution_id: str) -> Any:  # Any: a function without arguments
    return lambda: control(api, verb, execution_id)


def test_an_id_is_required(api: Api) -> None:
    for ask in (lambda: execute(api, ""), *(_asking(api, verb, "") for verb in VERBS)):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_document_is_refused_with_the_way_out(api: Api, run: Envelope) -> None:
    for execution_id in (run.metadata.id, "wex-01arz3ndektsv4rrffq69g5fav"):
        with pytest.raises(Refused, match="stored workflows only") as caught:
            execute(api, execution_id, "document: {dsl: 1.0.0}")
        assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize(("force", "said"), [(False, "cancelled: enough"), (True, "terminated: enough")])
def test_cancelling_says_why_and_leaves_what_has_ended(api: Api, run: Envelope, said: str, *, force: bool) -> None:
    control(api, "cancel", run.metadata.id, reason="enough", force=force)
    ended = api.of("WorkflowExecution").get(run.metadata.id)
    assert (ended.status.phase, ended.status.error) == (CANCELLED, said)
    control(api, "cancel", run.metadata.id, force=force)
    assert api.of("WorkflowExecution").get(run.metadata.id) == ended


def test_pausing_and_resuming_are_told_once_each(api: Api, run: Envelope) -> None:
    for verb in ("resume", "pause", "pause", "resume", "resume", "pause"):
        control(api, verb, run.metadata.id, reason=f"{verb}, please")
    assert api.of("WorkflowExecution").get(run.metadata.id).status.phase == run.status.phase
    assert waits(api, run) == [("paused", "pause, please"), ("", "resume, please"), ("paused", "pause, please")]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_what_has_ended_is_neither_paused_nor_resumed(api: Api, run: Envelope, verb: str) -> None:
    control(api, "pause", run.metadata.id)
    report(api, run, COMPLETED)
    with pytest.raises(Refused, match="already ended") as caught:
        control(api, verb, run.metadata.id)
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
