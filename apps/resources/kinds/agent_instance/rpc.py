import grpc
from stigmer_proto.agentic.agentinstance.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService, Request, check, page_of
from apps.resources.registry import AGENT, AGENT_INSTANCE
from apps.resources.storage import lookup, paging


class AgentInstanceCommands(CommandService):
    kind = AGENT_INSTANCE


class AgentInstanceQueries(QueryService):
    kind = AGENT_INSTANCE

    def getByAgent(self, request: Request, context: grpc.ServicerContext) -> io_pb2.AgentInstanceList:  # noqa: N802  # contract
        """The instances of one agent, newest first; NOT_FOUND when there is no such agent."""
        del context
        check(request)
        lookup.must_exist(AGENT, request.agent_id, self.caller)
        rows = lookup.visible(AGENT_INSTANCE, self.caller).filter(agent_id=request.agent_id).order_by("-pk")
        offset, size = page_of(
            request.page_info, path="page_info", default=paging.DEFAULT_PAGE_SIZE, maximum=paging.MAX_PAGE_SIZE
        )
        answer = io_pb2.AgentInstanceList(total_count=rows.count())
        for snapshot in rows.values_list("snapshot", flat=True)[offset : offset + size]:
            answer.items.add().MergeFromString(bytes(snapshot))
        return answer


SERVICES = (AgentInstanceCommands, AgentInstanceQueries)
