from apps.resources.base import OwnerScope
from apps.resources.kind import Kind
from apps.resources.kinds.mcp_server.model import McpServer


class McpServerKind(Kind[McpServer]):
    name = "McpServer"
    plural = "MCP servers"
    number = 44
    prefix = "mcp"
    package = "ai.stigmer.agentic.mcpserver.v1"
    model = McpServer
    default_scope = OwnerScope.ORGANIZATION
    is_kept_while_used = True
