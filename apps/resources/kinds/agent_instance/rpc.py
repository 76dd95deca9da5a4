import grpc
from stigmer_proto.agentic.agentinstance.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService, Request, check, page_of
from apps.resources.kinds.agent_instance.kind import AgentInstanceKind
from apps.resources.registry import BY_NAME
from apps.resources.storage import lookup

KIND = BY_NAME[AgentInstanceKind.name]


class AgentInstanceCommands(CommandService):
    kind = KIND


class AgentInstanceQueries(QueryService):
    kind = KIND

    def getByAgent(self, request: Request, context: grpc.ServicerContext) -> io_pb2.AgentInstanceList:  # noqa: N802  # contract
        """The instances of one agent, newest first; NOT_FOUND when there is no such agent."""
        del context
        check(request)
        lookup.must_exist(BY_NAME["Agent"], request.agent_id, self.caller)
        rows = lookup.visible(KIND, self.caller).filter(agent_id=request.agent_id).order_by("-pk")
        offset, size = page_of(
            request.page_info, path="page_info", default=lookup.DEFAULT_PAGE_SIZE, maximum=lookup.MAX_PAGE_SIZE
        )
        answer = io_pb2.AgentInstanceList(total_count=rows.count())
        for snapshot in rows.values_list("snapshot", flat=True)[offset : offset + size]:
            answer.items.add().MergeFromString(bytes(snapshot))
        return answer


SERVICES = (AgentInstanceCommands, AgentInstanceQueries)
