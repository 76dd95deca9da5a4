"""Every control over every run that nobody works on: what is done, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from stigmer_proto.agentic.workflowrunner.v1 import interface_pb2, io_pb2  # noqa: F401  # declare the service
from stigmer_proto.controlplane.v1 import executions_pb2, runs_pb2

from tests.factories import make_agent, make_workflow
from tests.suites.client import EXTENSION, Api, Refused, unique
from tests.support.databases import both_databases

pytestmark = both_databases
RUNNER = "ai.stigmer.agentic.workflowrunner.v1.WorkflowRunnerServiceController"
OK, PHASES = grpc.StatusCode.OK, {"completed": 3, "failed": 4, "cancelled": 5}
ENDED, GONE = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND

CONTROLS: dict[str, Callable[[str], tuple[str, Any]]] = {  # Any: a message
    "signal": lambda run: (
        f"{EXTENSION}.ExecutionController.signal",
        executions_pb2.SignalRunRequest(execution_id=run, name="go"),
    ),
    "pause": lambda run: (f"{RUNNER}.pauseExecution", io_pb2.PauseExecutionRequest(execution_id=run)),
    "resume": lambda run: (f"{RUNNER}.resumeExecution", io_pb2.ResumeExecutionRequest(execution_id=run)),
    "retry": lambda run: (f"{EXTENSION}.RunController.retry", runs_pb2.RetryRequest(execution_id=run)),
    "rerun": lambda run: (f"{EXTENSION}.RunController.rerun", runs_pb2.RerunRequest(execution_id=run)),
    "cancel": lambda run: (
        f"{EXTENSION}.ExecutionController.cancel",
        executions_pb2.CancelRunRequest(execution_id=run, reason="enough"),
    ),
    "terminate": lambda run: (
        f"{EXTENSION}.ExecutionController.terminate",
        executions_pb2.TerminateRunRequest(execution_id=run, reason="enough"),
    ),
}
NOT_DONE = {"signal", "pause", "resume", "cancel", "terminate"}
"""What is refused of each run that has ended, in the same words."""
RETRIES = {
    "pending": "is still under way: pending",
    "paused": "is still under way: pending",
    "completed": "has completed, and only runs that failed are retried",
    "cancelled": "was cancelled, and only runs that failed are retried",
    "failed": "nobody knows in which task it failed",
    "agent": "is a run of an agent, and only those of workflows are retried",
}


def expected(state: str, control: str) -> tuple[grpc.StatusCode, str]:
    """The status of a call, and words of its refusal."""
    if state == "unknown" or (state == "agent" and control in ("pause", "resume")):
        return GONE, "not found"
    if control == "retry":
        return ENDED, RETRIES[state]
    if state in PHASES and control in NOT_DONE:
        return ENDED, f"has already ended: {state}"
    if (state, control) == ("agent", "signal"):
        return grpc.StatusCode.INVALID_ARGUMENT, "runs of agents take no signals"
    return OK, ""


def run_in(api: Api, state: str) -> str:
    """The id of a run in this state."""
    if state == "unknown":
        return "wex-01arz3ndektsv4rrffq69g5fav"
    if state == "agent":
        runs = api.of("AgentExecution")
        return str(
            runs.create(
                runs.envelope({"agent_id": make_agent(api).metadata.id, "message": "Go."}, owner_scope=0)
            ).metadata.id
        )
    runs = api.of("WorkflowExecution")
    run = str(
        runs.create(runs.envelope({"workflow_id": make_workflow(api).metadata.id}, name=unique("run"))).metadata.id
    )
    if state == "paused":
        api.call(*CONTROLS["pause"](run))
    if state in PHASES:
        request: Any = runs.request("Command", "updateStatus", execution_id=run)  # Any: a generated class
        request.status.phase = PHASES[state]
        runs.command("updateStatus", request)
    return run


def refusal(api: Api, method: str, request: Any) -> Refused | None:  # Any: a message
    try:
        api.call(method, request)
    except Refused as refused:
        return refused
    return None


@pytest.mark.parametrize("state", ["pending", "paused", *PHASES, "unknown", "agent"])
def test_of_runs_that_nobody_works_on(idle_api: Api, state: str) -> None:
    run = run_in(idle_api, state)
    for control, asked in CONTROLS.items():
        if control == "terminate" and state not in ("unknown", *PHASES):
            run = run_in(idle_api, state)  # the other one was cancelled
        code, words = expected(state, control)
        refused = refusal(idle_api, *asked(run))
        if refused is None:
            assert code is OK, control
        else:
            assert (refused.code, words in refused.message) == (code, True), (control, refused)
            assert "hint" in refused.facts or code is not ENDED, f"{control}: no way out of {refused}"
        if code is OK and control in ("cancel", "terminate"):
            kind = idle_api.of("AgentExecution" if state == "agent" else "WorkflowExecution")
            ended = kind.get(run).status
            said = "cancelled" if control == "cancel" else "terminated"
            assert (ended.phase, ended.error) == (PHASES["cancelled"], f"{said}: enough")
