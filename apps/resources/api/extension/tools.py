"""ToolController: tools that have changed, and accepting them."""

from __future__ import annotations

import grpc
from stigmer_proto.controlplane.v1 import tools_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.services import Request, check
from apps.resources.ports import ChangedTools, machine
from apps.resources.registry import AGENT
from apps.resources.storage import lookup
from apps.resources.writes.tools import accept_tools


class ToolService(Service):
    full_name = "ai.stigmer.controlplane.v1.ToolController"

    def listChanged(self, request: Request, context: grpc.ServicerContext) -> tools_pb2.ListChangedToolsResponse:  # noqa: N802 - as on the wire
        del context
        check(request)
        agent = lookup.get_row(AGENT, request.agent_id, self.caller)
        found = machine().tool_sets.changed(agent.pk)
        return tools_pb2.ListChangedToolsResponse(servers=map(_message, found))

    def accept(self, request: Request, context: grpc.ServicerContext) -> tools_pb2.AcceptToolsResponse:
        del context
        check(request)
        accepted = accept_tools(request.agent_id, request.server, self.caller, digest=request.digest)
        return tools_pb2.AcceptToolsResponse(accepted=_message(accepted))


def _message(changed: ChangedTools) -> tools_pb2.ChangedTools:
    return tools_pb2.ChangedTools(server=changed.server, digest=changed.digest, difference=changed.difference)


SERVICES = (ToolService,)
