"""A support agent for a small shop: tools from a local MCP server, environment variables, a secret."""

from pathlib import Path

from stigmer import Agent, EnvVar, McpServer

# Its tools come from a program next to Stigmer.yaml; the run starts it and hands it the variables named in `env`.
orders = McpServer.stdio(
    "orders",
    command="python3",
    args=["orders_server.py"],
    env=["SHOP_NAME", "SHOP_API_KEY"],
    enabled_tools=["find_order", "list_orders", "request_refund"],
)

Agent(
    "support-agent",
    description="Answers customers about their orders.",
    instructions=Path("prompts/support.md"),
    mcp_servers=[orders],
    env=[
        EnvVar("SHOP_NAME", default="Harbour Coffee", description="How the shop introduces itself."),
        EnvVar("SHOP_API_KEY", secret=True, description="Key of the order system."),
    ],
    labels={"team": "support"},
    tags=["support", "example"],
)
