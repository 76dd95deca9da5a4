"""Tools that have changed, over gRPC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stigmer_proto.controlplane.v1 import tools_pb2

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend


@dataclass(frozen=True, slots=True)
class ChangedTools:
    """Tools of a server that wait to be accepted: `digest` stands for them, `difference` is for people, in lines."""

    server: str
    digest: str
    difference: tuple[str, ...]


class GrpcTools:
    """Of a server with our extension API. Methods raise as those of a Backend."""

    def __init__(self, backend: GrpcBackend) -> None:
        self._call = backend.call

    def changed(self, agent_id: str) -> list[ChangedTools]:
        """The servers of an agent whose tools wait."""
        request = tools_pb2.ListChangedToolsRequest(agent_id=agent_id)
        answer = self._call("ToolController/listChanged", request, tools_pb2.ListChangedToolsResponse)
        return [ChangedTools(each.server, each.digest, tuple(each.difference)) for each in answer.servers]

    def accept(self, agent_id: str, server: str, *, digest: str) -> None:
        """Accept those that `digest` stands for; raises Invalid where others have come meanwhile."""
        request = tools_pb2.AcceptToolsRequest(agent_id=agent_id, server=server, digest=digest)
        self._call("ToolController/accept", request, tools_pb2.AcceptToolsResponse)
