"""ResourceController: reading and deleting resources of every kind by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.envelopes import Envelopes
from apps.resources.api.extension.by_name import by_name
from apps.resources.api.services import Request, check, moment_in, reference
from apps.resources.api.watching import Watcher
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions import reading
from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME
from apps.resources.storage import journal, lookup
from apps.resources.storage.belongings import count_below
from apps.resources.storage.inventory import project_of
from apps.resources.storage.journal import Position
from apps.resources.storage.selection import Selection, selected_but_for_terms
from apps.resources.storage.usage import users_of
from apps.resources.wire.codec import id_of, pack
from apps.resources.wire.field_mask import Parts
from apps.resources.writes import actions


class ResourceService(Service):
    full_name = "ai.stigmer.controlplane.v1.ResourceController"

    def list(self, request: Request, context: grpc.ServicerContext) -> resources_pb2.ListResourcesResponse:
        del context
        check(request)
        kind = kind_called(request.kind)
        envelopes = Envelopes(Parts(kind, request.read_mask))
        # Before the rows: what comes in between is told of twice, not never.
        position = "" if request.page_token else str(journal.newest())
        selection = replace(_selection(request), updated_since=moment_in(request, "updated_since"))
        where = {"page_size": request.page_size, "page_token": request.page_token}
        if self.caller.sight is None and selection.is_of_all:
            page = envelopes.page_of_all(selection.org, **where)
        else:
            rows = selected_but_for_terms(kind, selection, self.caller)
            page = envelopes.page(rows, **where, terms=selection.terms(kind))
        answer = resources_pb2.ListResourcesResponse(next_page_token=page.next_token, position=position)
        shown = by_name(kind, page.snapshots, self.caller) if request.by_name else page.snapshots
        answer.entries.extend(pack(kind, snapshot) for snapshot in shown)
        return answer

    def watch(self, request: Request, context: grpc.ServicerContext) -> Iterator[resources_pb2.WatchResourcesResponse]:
        check(request)
        kind = kind_called(request.kind)
        position = Position.parse(request.position) if request.position else None
        watcher = Watcher(kind, _selection(request), Envelopes(Parts(kind, request.read_mask)), self.caller)
        return watcher.follow(position, context)

    def get(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = kind_called(request.kind)
        found = self._found(kind, request)
        return pack(kind, by_name(kind, [found], self.caller)[0] if request.by_name else found)

    def _found(self, kind: Kind, request: Request) -> bytes:
        if request.WhichOneof("target") == "id":
            return _now(kind, request.id, self.caller)
        found = lookup.get_by_reference(kind, reference(request.reference), self.caller)
        if isinstance(kind, ExecutionKind) and request.reference.version in {"", "latest"}:
            found = _now(kind, id_of(kind, found), self.caller)
        return found

    def delete(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = kind_called(request.kind)
        before = _now(kind, request.id, self.caller)
        actions.delete(kind, request.id, self.caller, force=request.force, message=request.message)
        return pack(kind, before)

    def countBelongings(self, request: Request, context: grpc.ServicerContext) -> resources_pb2.CountBelongingsResponse:  # noqa: N802 - as on the wire
        del context
        check(request)
        kind = kind_called(request.kind)
        lookup.get_snapshot(kind, request.id, self.caller)  # raises NotFound
        answer = resources_pb2.CountBelongingsResponse()
        for below, count in count_below(kind, [request.id], self.caller).items():
            answer.belongings.add(kind=below.name, count=count)
        return answer

    def usedBy(self, request: Request, context: grpc.ServicerContext) -> resources_pb2.UsedByResponse:  # noqa: N802 - as on the wire
        del context
        check(request)
        kind = kind_called(request.kind)
        answer = resources_pb2.UsedByResponse()
        found = lookup.get_row(kind, request.id, self.caller)
        for user, row in users_of(kind, found, self.caller):
            answer.users.add(kind=user.name, id=row.pk, org=row.org, slug=row.slug)
        if (owner := project_of(found.pk, self.caller)) is not None:
            answer.project.CopyFrom(resources_pb2.OwningProject(name=owner.name, org=owner.org, root=owner.root))
        return answer


def _now(kind: Kind, resource_id: str, caller: Caller) -> bytes:
    """The envelope as it is now: that of a run lags behind what has happened in it until it ends."""
    if isinstance(kind, ExecutionKind):
        return reading.get_snapshot(kind, resource_id, caller)
    return lookup.get_snapshot(kind, resource_id, caller)


def _selection(request: Request) -> Selection:
    """The conditions that lists and watches have in common."""
    return Selection(
        org=request.org,
        project=request.project,
        tags=list(request.tags),
        labels=dict(request.labels),
        phase=request.phase,
    )


def kind_called(name: str) -> Kind:
    if name not in BY_NAME:
        raise InvalidInput.at("kind", f"{name!r} is not a kind this server knows: {', '.join(BY_NAME)}")
    return BY_NAME[name]


SERVICES = (ResourceService,)
