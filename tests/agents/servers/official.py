"""A real MCP server, written with the official package: `official.py` on standard input, or `official.py PORT`."""

import sys

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

server = MCPServer("shop")
ORDERS = {"1042": "shipped on Monday", "1043": "waiting for payment"}


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def find_order(number: str) -> str:
    """Where an order is, by its number."""
    if number not in ORDERS:
        raise ToolError(f"there is no order {number}")
    return f"order {number}: {ORDERS[number]}"


@server.tool()
def add(a: int, b: int) -> int:
    """The sum of two numbers."""
    return a + b


@server.tool()
def big(megabytes: int) -> str:
    """So much text."""
    return "x" * megabytes * 1024 * 1024


@server.tool()
def header(name: str, ctx: Context) -> str:
    """A header of the request, over HTTP."""
    request = ctx.request_context.request
    return str(request.headers.get(name)) if request else "no request"


@server.tool()
def query(name: str, ctx: Context) -> str:
    """A parameter of the request's address, over HTTP."""
    request = ctx.request_context.request
    return str(request.query_params.get(name)) if request else "no request"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
