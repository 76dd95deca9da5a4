import grpc
from stigmer_proto.agentic.workflowinstance.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService, Request, check, page_of, pages
from apps.resources.registry import WORKFLOW, WORKFLOW_INSTANCE
from apps.resources.storage import lookup, paging


class WorkflowInstanceCommands(CommandService):
    kind = WORKFLOW_INSTANCE


class WorkflowInstanceQueries(QueryService):
    kind = WORKFLOW_INSTANCE

    def getByWorkflow(  # noqa: N802  # contract
        self, request: Request, context: grpc.ServicerContext
    ) -> io_pb2.WorkflowInstanceList:
        """The instances of one workflow, newest first; NOT_FOUND when there is no such workflow."""
        del context
        check(request)
        lookup.must_exist(WORKFLOW, request.workflow_id, self.caller)
        rows = lookup.visible(WORKFLOW_INSTANCE, self.caller).filter(workflow_id=request.workflow_id).order_by("-pk")
        offset, size = page_of(
            request.page_info, path="page_info", default=paging.DEFAULT_PAGE_SIZE, maximum=paging.MAX_PAGE_SIZE
        )
        answer = io_pb2.WorkflowInstanceList(total_pages=pages(rows.count(), size))
        for snapshot in rows.values_list("snapshot", flat=True)[offset : offset + size]:
            answer.entries.add().MergeFromString(bytes(snapshot))
        return answer


SERVICES = (WorkflowInstanceCommands, WorkflowInstanceQueries)
