"""Revisions over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stigmer_proto.controlplane.v1 import batch_pb2, revisions_pb2

from apps.backends.grpc_answers import applied, change
from apps.backends.revisions import Difference, Revision

if TYPE_CHECKING:
    from apps.backends.base import Applied
    from apps.backends.grpc_backend import GrpcBackend

Message = Any  # generated classes


class GrpcRevisions:
    """The Revisions of a server with our extension API."""

    def __init__(self, backend: GrpcBackend) -> None:
        self._call = backend.call

    def page(self, kind: str, resource_id: str, *, page_size: int, page_token: str = "") -> tuple[list[Revision], str]:
        request = revisions_pb2.ListRevisionsRequest(
            kind=kind, id=resource_id, page_size=page_size, page_token=page_token
        )
        answer = self._call("RevisionController/list", request, revisions_pb2.ListRevisionsResponse)
        return [revision(each) for each in answer.revisions], answer.next_page_token

    def difference(self, kind: str, resource_id: str, *, start: int = 0, end: int = 0) -> Difference:
        request = revisions_pb2.DiffRevisionsRequest(kind=kind, id=resource_id, from_number=start, to_number=end)
        answer = self._call("RevisionController/diff", request, revisions_pb2.DiffRevisionsResponse)
        return Difference(answer.from_number, answer.to_number, tuple(map(change, answer.changes)))

    def roll_back(
        self,
        kind: str,
        resource_id: str,
        number: int,
        *,
        seen_version_id: str,
        message: str = "",
        dry_run: bool = False,
    ) -> Applied:
        request = revisions_pb2.RollbackRequest(
            kind=kind,
            id=resource_id,
            number=number,
            seen_version_id=seen_version_id,
            message=message,
            dry_run=dry_run,
        )
        return applied(self._call("RevisionController/rollback", request, batch_pb2.AppliedResource))


def revision(message: Message) -> Revision:
    """A Revision of its message."""
    return Revision(
        number=message.number,
        version_id=message.version_id,
        event=message.event,
        at=message.at.seconds + message.at.nanos / 1e9,
        actor=message.actor,
        message=message.message,
        changes=tuple(map(change, message.changes)),
    )
