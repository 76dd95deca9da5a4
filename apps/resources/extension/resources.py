"""ResourceController: reading and deleting resources of every kind by its name."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources import actions, lookup
from apps.resources.codec import pack
from apps.resources.errors import InvalidInput
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME
from apps.resources.rpc import Request, check, reference
from apps.resources.server.adapter import Service
from apps.resources.tags import with_tags


class ResourceService(Service):
    full_name = "ai.stigmer.controlplane.v1.ResourceController"

    def list(self, request: Request, context: grpc.ServicerContext) -> resources_pb2.ListResourcesResponse:
        del context
        check(request)
        kind = _kind(request.kind)
        rows = kind.model.objects.all()
        if request.org:
            rows = rows.filter(org=request.org)
        rows = with_tags(rows, request.tags)
        page = lookup.list_page(kind, rows, page_size=request.page_size, page_token=request.page_token)
        answer = resources_pb2.ListResourcesResponse(next_page_token=page.next_token)
        answer.entries.extend(pack(kind, snapshot) for snapshot in page.snapshots)
        return answer

    def get(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.kind)
        if request.WhichOneof("target") == "id":
            return pack(kind, lookup.get_snapshot(kind, request.id))
        return pack(kind, lookup.get_by_reference(kind, reference(request.reference), self.caller))

    def delete(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.kind)
        gone = actions.delete(kind, request.id, self.caller, force=request.force, message=request.message)
        return pack(kind, gone)


def _kind(name: str) -> Kind:
    if name not in BY_NAME:
        raise InvalidInput.at("kind", f"{name!r} is not a kind this server knows: {', '.join(BY_NAME)}")
    return BY_NAME[name]


SERVICES = (ResourceService,)
