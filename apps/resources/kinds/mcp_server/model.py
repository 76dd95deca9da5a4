from apps.resources.base import Resource


class McpServer(Resource):
    """A server of tools, described once for many agents."""

    class Meta(Resource.Meta):
        verbose_name = "MCP server"
