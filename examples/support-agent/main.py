"""A support agent for a small shop: tools from a local MCP server, variables, a secret, a helper for refunds."""

from pathlib import Path

from stigmer import Agent, EnvVar, McpServer, SubAgent

HERE = Path(__file__).resolve().parent

# Its tools come from a program next to this file; the run starts it and hands it the variables named in `env`.
orders = McpServer.stdio(
    "orders",
    command="python3",
    args=[str(HERE / "orders_server.py")],
    env=["SHOP_NAME", "SHOP_API_KEY"],
    enabled_tools=["find_order", "list_orders", "request_refund"],
)

# Refunds are delegated: this helper sees two of the tools and has rules of its own.
refunds = SubAgent(
    "refunds",
    description="Decides about refunds and requests them.",
    instructions="""
        Look the order up before anything else.
        Request a refund only for delivered orders not older than 30 days, and never for more than was paid.
        Say in one sentence what you did and why.
        """,
    mcp_servers=[orders],
    tools={"orders": ["find_order", "request_refund"]},
)

Agent(
    "support-agent",
    description="Answers customers about their orders.",
    instructions=Path("prompts/support.md"),
    mcp_servers=[orders],
    sub_agents=[refunds],
    env=[
        EnvVar("SHOP_NAME", default="Harbour Coffee", description="How the shop introduces itself."),
        EnvVar("SHOP_API_KEY", secret=True, description="Key of the order system."),
    ],
    labels={"team": "support"},
    tags=["support", "example"],
)
