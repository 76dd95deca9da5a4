"""RevisionController: what resources were, and making them that again."""

from __future__ import annotations

import grpc
from stigmer_proto.controlplane.v1 import batch_pb2, revisions_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.extension.batch import applied, field_changes
from apps.resources.api.extension.resources import kind_called
from apps.resources.api.services import Request, check
from apps.resources.base import Revision
from apps.resources.kind import Kind
from apps.resources.storage.revisions import get_newest, get_revision, revision_page, revisions_of
from apps.resources.wire.codec import pack
from apps.resources.writes.revisions import difference, roll_back


class RevisionService(Service):
    full_name = "ai.stigmer.controlplane.v1.RevisionController"

    def list(self, request: Request, context: grpc.ServicerContext) -> revisions_pb2.ListRevisionsResponse:
        del context
        check(request)
        kind = kind_called(request.kind)
        found, token = revision_page(
            kind, request.id, self.caller, page_size=request.page_size, page_token=request.page_token
        )
        shown = found[:-1] if token else found
        answer = revisions_pb2.ListRevisionsResponse(next_page_token=token)
        # The one that is not shown is what the last one shown is compared with.
        pairs = zip(shown, [*found[1:], None], strict=False)
        answer.revisions.extend(_encoded(kind, row, earlier) for row, earlier in pairs)
        return answer

    def get(self, request: Request, context: grpc.ServicerContext) -> revisions_pb2.Revision:
        del context
        check(request)
        kind = kind_called(request.kind)
        row = get_revision(kind, request.id, request.number, self.caller)
        earlier = revisions_of(kind, request.id, self.caller).filter(number__lt=row.number).first()
        answer = _encoded(kind, row, earlier)
        answer.resource.CopyFrom(pack(kind, bytes(row.snapshot)))
        return answer

    def diff(self, request: Request, context: grpc.ServicerContext) -> revisions_pb2.DiffRevisionsResponse:
        del context
        check(request)
        kind = kind_called(request.kind)
        after = (
            get_revision(kind, request.id, request.to_number, self.caller)
            if request.to_number
            else get_newest(kind, request.id, self.caller)
        )
        number = request.from_number or after.number - 1
        before = get_revision(kind, request.id, number, self.caller) if number else None
        answer = revisions_pb2.DiffRevisionsResponse(from_number=number, to_number=after.number)
        answer.changes.extend(field_changes(difference(kind, before, after)))
        return answer

    def rollback(self, request: Request, context: grpc.ServicerContext) -> batch_pb2.AppliedResource:
        del context
        check(request)
        outcome = roll_back(
            kind_called(request.kind),
            request.id,
            request.number,
            self.caller,
            seen_version_id=request.seen_version_id,
            message=request.message,
            dry_run=request.dry_run,
        )
        return applied(outcome, dry_run=request.dry_run)


def _encoded(kind: Kind, row: Revision, earlier: Revision | None) -> revisions_pb2.Revision:
    message = revisions_pb2.Revision(
        number=row.number,
        version_id=row.version_id,
        event=row.event,
        actor=row.actor,
        message=row.message,
        changes=field_changes(difference(kind, earlier, row)),
    )
    message.at.FromDatetime(row.at)
    return message


SERVICES = (RevisionService,)
