import grpc
from django.db.models import Q
from stigmer_proto.commons.rpc import pagination_pb2
from stigmer_proto.tenancy.organization.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService, Request, check, page_of, pages
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.registry import ORGANIZATION
from apps.resources.storage import lookup, paging

PAGE_SIZE = 20


class OrganizationCommands(CommandService):
    kind = ORGANIZATION


class OrganizationQueries(QueryService):
    kind = ORGANIZATION

    def find(self, request: Request, context: grpc.ServicerContext) -> io_pb2.OrganizationList:
        """The organization with the slug or id `org`, as a list. Page size 20 unless told, at most 100."""
        del context
        check(request)
        if request.kind not in {"", ORGANIZATION.name, "organization"}:
            raise InvalidInput.at("kind", f"is {request.kind!r}, but this is {ORGANIZATION.name}")
        rows = lookup.visible(ORGANIZATION, self.caller).filter(Q(slug=request.org) | Q(pk=request.org))
        if not rows.exists():
            raise NotFound(ORGANIZATION.name, request.org)
        wanted = request.page if request.HasField("page") else _page_info(request)
        offset, size = page_of(wanted, path="page", default=PAGE_SIZE, maximum=paging.MAX_PAGE_SIZE)
        answer = io_pb2.OrganizationList(total_pages=pages(rows.count(), size))
        for snapshot in rows.order_by("-pk").values_list("snapshot", flat=True)[offset : offset + size]:
            answer.entries.add().MergeFromString(bytes(snapshot))
        return answer

    def findMyOrganizations(self, request: Request, context: grpc.ServicerContext) -> io_pb2.Organizations:  # noqa: N802  # contract
        """Every organization the caller belongs to; on loopback that is all there are."""
        del request, context
        answer = io_pb2.Organizations()
        rows = lookup.visible(ORGANIZATION, self.caller).order_by("-pk")
        for snapshot in rows.values_list("snapshot", flat=True):
            answer.entries.add().MergeFromString(bytes(snapshot))
        return answer


def _page_info(request: Request) -> pagination_pb2.PageInfo:
    """The older pair of fields that says the same."""
    return pagination_pb2.PageInfo(num=request.page_number, size=request.page_size)


SERVICES = (OrganizationCommands, OrganizationQueries)
