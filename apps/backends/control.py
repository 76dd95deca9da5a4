"""Holding runs, letting them go on and ending them now, for clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.base import Conflict, Envelope
from apps.backends.run_kinds import kind_of_run

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend


def pause(backend: GrpcBackend, execution_id: str, reason: str = "") -> None:
    """Have a run of a workflow, and those that it waits for, begin nothing new.

    Raises NotFound, and Conflict for one that has ended and for one of an agent.
    """
    from stigmer_proto.agentic.workflowrunner.v1 import io_pb2

    _check_kind(execution_id)
    request = io_pb2.PauseExecutionRequest(execution_id=execution_id, reason=reason)
    backend.tell_runner("pauseExecution", request)


def resume(backend: GrpcBackend, execution_id: str, reason: str = "") -> None:
    """Let a paused run go on, with those that were paused with it. Raises as `pause`."""
    from stigmer_proto.agentic.workflowrunner.v1 import io_pb2

    _check_kind(execution_id)
    request = io_pb2.ResumeExecutionRequest(execution_id=execution_id, reason=reason)
    backend.tell_runner("resumeExecution", request)


def terminate(backend: GrpcBackend, execution_id: str, reason: str = "") -> Envelope:
    """End a run now, as cancelled, with those that it waits for. Answers it. Raises NotFound and Conflict."""
    from google.protobuf.any_pb2 import Any as AnyMessage
    from stigmer_proto.controlplane.v1 import executions_pb2

    request = executions_pb2.TerminateRunRequest(execution_id=execution_id, reason=reason)
    answer = backend.call("ExecutionController/terminate", request, AnyMessage)
    return Envelope(kind_of_run(execution_id), answer.value)


def _check_kind(execution_id: str) -> None:
    """The server knows no run of an agent that could be paused; why, it cannot say."""
    if kind_of_run(execution_id) == "AgentExecution":
        hint = f"stigmer executions cancel {execution_id}"
        raise Conflict("runs of agents cannot be paused, only those of workflows", hint=hint)
