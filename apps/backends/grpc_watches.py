"""Watches over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stigmer_proto.controlplane.v1 import resources_pb2

from apps.backends.grpc_answers import envelope
from apps.backends.watching import ResourceChange, Told, WatchEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.runs import Stop
    from apps.backends.watching import Watched

PREFIX = "RESOURCE_"


class GrpcWatches:
    """The Watches of a server with our extension API."""

    def __init__(self, backend: GrpcBackend) -> None:
        self._backend = backend

    def follow(self, watched: Watched, position: str, stop: Stop) -> Iterator[Told]:
        request = resources_pb2.WatchResourcesRequest(
            kind=watched.kind,
            org=watched.org,
            project=watched.project,
            labels=watched.labels,
            tags=watched.tags,
            phase=f"EXECUTION_{watched.phase.name}" if watched.phase else "",
            position=position,
        )
        answer_class = resources_pb2.WatchResourcesResponse
        for answer in self._backend.receive("ResourceController/watch", request, answer_class, stop):
            yield Told(tuple(map(change, answer.changes)), answer.position)


def change(message: Any) -> ResourceChange:
    """A ResourceChange of its message."""
    event = resources_pb2.ResourceEvent.Name(message.event).removeprefix(PREFIX)
    return ResourceChange(
        WatchEvent[event], message.id, envelope(message.resource) if message.HasField("resource") else None
    )
