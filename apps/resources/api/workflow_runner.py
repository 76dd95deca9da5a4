"""WorkflowRunnerService of the contract: runs of workflows, started and controlled by their ids."""

from __future__ import annotations

from contextlib import suppress

import grpc
from google.protobuf.empty_pb2 import Empty
from stigmer_proto.agentic.workflowrunner.v1 import interface_pb2, io_pb2  # noqa: F401  # declare the service

from apps.resources.api.adapter import Service
from apps.resources.api.services import Request, check
from apps.resources.executions import actions, pausing
from apps.resources.executions.model import Phase
from apps.resources.executions.terminating import terminate
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import DocumentUnsupported, IllegalTransition
from apps.resources.storage.lookup import get_values

SAID = {
    Phase.PENDING: "it waits for a worker",
    Phase.IN_PROGRESS: "it is under way",
}


class WorkflowRunnerService(Service):
    full_name = "ai.stigmer.agentic.workflowrunner.v1.WorkflowRunnerServiceController"

    def executeAsync(self, request: Request, context: grpc.ServicerContext) -> io_pb2.WorkflowExecuteResponse:  # noqa: N802  # contract
        """Have a stored run worked on, which it is anyway: a worker that was not woken is woken now."""
        del context
        check(request)
        execution_id = request.workflow_execution_id
        if request.workflow_yaml:
            raise DocumentUnsupported
        phase = Phase(get_values(WORKFLOW_EXECUTION, execution_id, ("phase",), self.caller)[0])
        if phase.is_terminal:
            raise IllegalTransition(execution_id, phase.label, Phase.IN_PROGRESS.label, has_ended=True)
        actions.launcher_of(WORKFLOW_EXECUTION).launch(execution_id)
        return io_pb2.WorkflowExecuteResponse(
            workflow_execution_id=execution_id,
            status=phase.wire_name,
            message=SAID[phase],
            temporal_workflow_id=execution_id,
        )

    def cancelExecution(self, request: Request, context: grpc.ServicerContext) -> Empty:  # noqa: N802  # contract
        del context
        check(request)
        end = terminate if request.force else actions.request_cancel
        with suppress(IllegalTransition):  # one that has ended stays as it is
            end(WORKFLOW_EXECUTION, request.execution_id, request.reason, self.caller)
        return Empty()

    def pauseExecution(self, request: Request, context: grpc.ServicerContext) -> Empty:  # noqa: N802  # contract
        del context
        check(request)
        pausing.pause(WORKFLOW_EXECUTION, request.execution_id, request.reason, self.caller)
        return Empty()

    def resumeExecution(self, request: Request, context: grpc.ServicerContext) -> Empty:  # noqa: N802  # contract
        del context
        check(request)
        pausing.resume(WORKFLOW_EXECUTION, request.execution_id, request.reason, self.caller)
        return Empty()


SERVICES = (WorkflowRunnerService,)
