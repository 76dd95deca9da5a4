from stigmer_proto.agentic.mcpserver.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.registry import MCP_SERVER


class McpServerCommands(CommandService):
    kind = MCP_SERVER


class McpServerQueries(QueryService):
    kind = MCP_SERVER


SERVICES = (McpServerCommands, McpServerQueries)
