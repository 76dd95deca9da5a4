from collections.abc import Iterator

import grpc
from stigmer_proto.agentic.workflowexecution.v1 import (  # noqa: F401  # declare the services
    command_pb2,
    io_pb2,
    query_pb2,
)

from apps.resources.api.run_services import ExecutionCommandService, ExecutionQueryService
from apps.resources.api.services import Request, check
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.registry import WORKFLOW, WORKFLOW_EXECUTION, WORKFLOW_INSTANCE
from apps.resources.storage.lookup import exists, visible
from apps.resources.storage.paging import Page
from apps.resources.wire.codec import decode


class WorkflowExecutionCommands(ExecutionCommandService):
    kind = WORKFLOW_EXECUTION

    def create(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        return create_workflow_execution(decode(WORKFLOW_EXECUTION, request, self.caller), self.caller).snapshot


class WorkflowExecutionQueries(ExecutionQueryService):
    kind = WORKFLOW_EXECUTION

    def list(self, request: Request, context: grpc.ServicerContext) -> io_pb2.WorkflowExecutionList:
        return self._answer(*self.page(request, context, visible(WORKFLOW_EXECUTION, self.caller)))

    def listByWorkflow(  # noqa: N802  # contract
        self, request: Request, context: grpc.ServicerContext
    ) -> io_pb2.WorkflowExecutionList:
        """The runs of one workflow, or of one instance of it: `workflow_id` may be the id of either."""
        wanted = request.workflow_id
        if not wanted:
            raise InvalidInput.at("workflow_id", "is required: the id of a workflow, or of an instance of it")
        rows = visible(WORKFLOW_EXECUTION, self.caller)
        if exists(WORKFLOW, wanted, self.caller):
            rows = rows.filter(instance__workflow_id=wanted)
        elif exists(WORKFLOW_INSTANCE, wanted, self.caller):
            rows = rows.filter(instance_id=wanted)
        else:
            raise NotFound("Workflow", wanted)
        return self._answer(*self.page(request, context, rows))

    def subscribe(self, request: Request, context: grpc.ServicerContext) -> Iterator[bytes]:
        check(request)
        return self.follow(request.execution_id, context)

    def _answer(self, page: Page, total_pages: int) -> io_pb2.WorkflowExecutionList:
        answer = io_pb2.WorkflowExecutionList(total_pages=total_pages)
        for snapshot in page.snapshots:
            answer.entries.add().MergeFromString(snapshot)
        return answer


SERVICES = (WorkflowExecutionCommands, WorkflowExecutionQueries)
