from collections.abc import Iterator

import grpc
from stigmer_proto.agentic.agentexecution.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.run_services import ExecutionCommandService, ExecutionQueryService
from apps.resources.api.services import Request, check
from apps.resources.executions.queries import runs_of_session
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.storage.lookup import visible
from apps.resources.storage.paging import Page
from apps.resources.wire.codec import decode


class AgentExecutionCommands(ExecutionCommandService):
    kind = AGENT_EXECUTION

    def create(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        return create_agent_execution(decode(AGENT_EXECUTION, request, self.caller), self.caller).snapshot


class AgentExecutionQueries(ExecutionQueryService):
    kind = AGENT_EXECUTION

    def list(self, request: Request, context: grpc.ServicerContext) -> io_pb2.AgentExecutionList:
        return self._answer(*self.page(request, context, visible(AGENT_EXECUTION, self.caller)))

    def listBySession(self, request: Request, context: grpc.ServicerContext) -> io_pb2.AgentExecutionList:  # noqa: N802  # contract
        rows = runs_of_session(request.session_id, self.caller)
        return self._answer(*self.page(request, context, rows))

    def subscribe(self, request: Request, context: grpc.ServicerContext) -> Iterator[bytes]:
        check(request)
        return self.follow(request.value, context)

    def _answer(self, page: Page, total_pages: int) -> io_pb2.AgentExecutionList:
        answer = io_pb2.AgentExecutionList(total_pages=total_pages)
        for snapshot in page.snapshots:
            answer.entries.add().MergeFromString(snapshot)
        return answer


SERVICES = (AgentExecutionCommands, AgentExecutionQueries)
