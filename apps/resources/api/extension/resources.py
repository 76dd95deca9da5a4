"""ResourceController: reading and deleting resources of every kind by its name."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.run_services import list_runs
from apps.resources.api.services import Request, check, reference
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions import reading
from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME
from apps.resources.storage import lookup
from apps.resources.storage.belongings import count_below
from apps.resources.storage.tags import with_tags
from apps.resources.wire.codec import id_of, pack
from apps.resources.writes import actions


class ResourceService(Service):
    full_name = "ai.stigmer.controlplane.v1.ResourceController"

    def list(self, request: Request, context: grpc.ServicerContext) -> resources_pb2.ListResourcesResponse:
        del context
        check(request)
        kind = _kind(request.kind)
        rows = lookup.visible(kind, self.caller)
        if request.org:
            rows = rows.filter(org=request.org)
        rows = with_tags(rows, request.tags)
        if isinstance(kind, ExecutionKind):
            page = list_runs(kind, rows, request)
        else:
            page = lookup.list_page(kind, rows, page_size=request.page_size, page_token=request.page_token)
        answer = resources_pb2.ListResourcesResponse(next_page_token=page.next_token)
        answer.entries.extend(pack(kind, snapshot) for snapshot in page.snapshots)
        return answer

    def get(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.kind)
        if request.WhichOneof("target") == "id":
            return pack(kind, _now(kind, request.id, self.caller))
        found = lookup.get_by_reference(kind, reference(request.reference), self.caller)
        if isinstance(kind, ExecutionKind) and request.reference.version in {"", "latest"}:
            found = _now(kind, id_of(kind, found), self.caller)
        return pack(kind, found)

    def delete(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.kind)
        before = _now(kind, request.id, self.caller)
        actions.delete(kind, request.id, self.caller, force=request.force, message=request.message)
        return pack(kind, before)

    def countBelongings(self, request: Request, context: grpc.ServicerContext) -> resources_pb2.CountBelongingsResponse:  # noqa: N802 - as on the wire
        del context
        check(request)
        kind = _kind(request.kind)
        lookup.get_snapshot(kind, request.id, self.caller)  # raises NotFound
        answer = resources_pb2.CountBelongingsResponse()
        for below, count in count_below(kind, [request.id], self.caller).items():
            answer.belongings.add(kind=below.name, count=count)
        return answer


def _now(kind: Kind, resource_id: str, caller: Caller) -> bytes:
    """The envelope as it is now: that of a run lags behind what has happened in it until it ends."""
    if isinstance(kind, ExecutionKind):
        return reading.get_snapshot(kind, resource_id, caller)
    return lookup.get_snapshot(kind, resource_id, caller)


def _kind(name: str) -> Kind:
    if name not in BY_NAME:
        raise InvalidInput.at("kind", f"{name!r} is not a kind this server knows: {', '.join(BY_NAME)}")
    return BY_NAME[name]


SERVICES = (ResourceService,)
