from collections.abc import Sequence

import grpc
from django.db.models import Q, QuerySet
from stigmer_proto.agentic.session.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.run_services import NEXT_PAGE_KEY
from apps.resources.api.services import CommandService, QueryService, Request, check, pages
from apps.resources.kinds.session.model import Session
from apps.resources.registry import SESSION
from apps.resources.storage import lookup, paging
from apps.resources.storage.terms import terms_of, with_terms


class SessionCommands(CommandService):
    kind = SESSION


class SessionQueries(QueryService):
    kind = SESSION

    def list(self, request: Request, context: grpc.ServicerContext) -> io_pb2.SessionList:
        check(request)
        terms = terms_of(SESSION, request.tags, {})
        return self._page(request, context, lookup.visible(SESSION, self.caller), terms)

    def listByAgent(self, request: Request, context: grpc.ServicerContext) -> io_pb2.SessionList:  # noqa: N802  # contract
        """The sessions of one agent, or of one instance of it: `agent_id` may be the id of either."""
        check(request)
        wanted = Q(agent_instance__agent_id=request.agent_id) | Q(agent_instance_id=request.agent_id)
        return self._page(request, context, lookup.visible(SESSION, self.caller).filter(wanted))

    def _page(
        self, request: Request, context: grpc.ServicerContext, rows: QuerySet[Session], terms: Sequence[str] = ()
    ) -> io_pb2.SessionList:
        size, token = request.page_size, request.page_token
        page = paging.list_page(SESSION, rows, page_size=size, page_token=token, terms=terms)
        rows = with_terms(rows, terms)
        context.set_trailing_metadata(((NEXT_PAGE_KEY, page.next_token),))
        answer = io_pb2.SessionList(total_pages=pages(rows.count(), request.page_size or paging.DEFAULT_PAGE_SIZE))
        for snapshot in page.snapshots:
            answer.entries.add().MergeFromString(snapshot)
        return answer


SERVICES = (SessionCommands, SessionQueries)
