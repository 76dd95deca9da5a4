import grpc
from django.db.models import Q, QuerySet
from stigmer_proto.agentic.session.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.run_services import NEXT_PAGE_KEY
from apps.resources.api.services import CommandService, QueryService, Request, check, pages
from apps.resources.kinds.session.model import Session
from apps.resources.registry import SESSION
from apps.resources.storage import lookup
from apps.resources.storage.tags import with_tags


class SessionCommands(CommandService):
    kind = SESSION


class SessionQueries(QueryService):
    kind = SESSION

    def list(self, request: Request, context: grpc.ServicerContext) -> io_pb2.SessionList:
        check(request)
        return self._page(request, context, with_tags(lookup.visible(SESSION, self.caller), request.tags))

    def listByAgent(self, request: Request, context: grpc.ServicerContext) -> io_pb2.SessionList:  # noqa: N802  # contract
        """The sessions of one agent, or of one instance of it: `agent_id` may be the id of either."""
        check(request)
        wanted = Q(agent_instance__agent_id=request.agent_id) | Q(agent_instance_id=request.agent_id)
        return self._page(request, context, lookup.visible(SESSION, self.caller).filter(wanted))

    def _page(self, request: Request, context: grpc.ServicerContext, rows: QuerySet[Session]) -> io_pb2.SessionList:
        page = lookup.list_page(SESSION, rows, page_size=request.page_size, page_token=request.page_token)
        context.set_trailing_metadata(((NEXT_PAGE_KEY, page.next_token),))
        answer = io_pb2.SessionList(total_pages=pages(rows.count(), request.page_size or lookup.DEFAULT_PAGE_SIZE))
        for snapshot in page.snapshots:
            answer.entries.add().MergeFromString(snapshot)
        return answer


SERVICES = (SessionCommands, SessionQueries)
