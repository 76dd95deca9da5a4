"""An MCP server with three tools over a handful of orders. Standard library only: it runs wherever Python does.

It speaks JSON-RPC, one message per line, on standard input and output.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

PROTOCOL_VERSION = "2025-06-18"
SHOP = os.environ.get("SHOP_NAME", "the shop")

ORDERS = {
    "1001": {"customer": "ada@example.com", "item": "Espresso beans, 1 kg", "paid": 24.0, "state": "delivered"},
    "1002": {"customer": "ada@example.com", "item": "Paper filters", "paid": 4.5, "state": "shipped"},
    "1003": {"customer": "grace@example.com", "item": "Hand grinder", "paid": 89.0, "state": "delivered"},
}


def find_order(number: str) -> dict[str, Any]:
    """The order with this number."""
    if number not in ORDERS:
        raise LookupError(f"{SHOP} has no order {number}")
    return {"number": number, **ORDERS[number]}


def list_orders(customer: str) -> list[dict[str, Any]]:
    """All orders of a customer, by mail address."""
    return [find_order(number) for number, order in ORDERS.items() if order["customer"] == customer]


def request_refund(number: str, amount: float) -> dict[str, Any]:
    """Ask for a refund; a person confirms it."""
    order = find_order(number)
    if order["state"] != "delivered" or not 0 < amount <= order["paid"]:
        raise ValueError(f"order {number} can be refunded by at most {order['paid']} once it is delivered")
    if not os.environ.get("SHOP_API_KEY"):
        raise PermissionError("SHOP_API_KEY is not set: the order system would refuse this")
    return {"number": number, "refund": amount, "state": "waiting for confirmation"}


def text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


TOOLS: dict[Callable[..., Any], dict[str, Any]] = {
    find_order: {"number": text("The order number, such as 1001.")},
    list_orders: {"customer": text("The customer's mail address.")},
    request_refund: {
        "number": text("The order number."),
        "amount": {"type": "number", "description": "How much to pay back, in euros."},
    },
}


def describe_tools() -> list[dict[str, Any]]:
    return [
        {
            "name": tool.__name__,
            "description": tool.__doc__,
            "inputSchema": {"type": "object", "properties": properties, "required": list(properties)},
        }
        for tool, properties in TOOLS.items()
    ]


def call_tool(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a tool. Its failure is a result too: the model reads it and can do better."""
    try:
        tool = next(tool for tool in TOOLS if tool.__name__ == name)
        answer, failed = json.dumps(tool(**arguments)), False
    except StopIteration:
        answer, failed = f"there is no tool {name}", True
    except (LookupError, ValueError, TypeError, PermissionError) as error:
        answer, failed = str(error), True
    return {"content": [{"type": "text", "text": answer}], "isError": failed}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The result of a request, None for a method this server does not have."""
    if method == "initialize":
        about = {"name": "orders", "version": "1.0.0"}
        return {"protocolVersion": PROTOCOL_VERSION, "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": describe_tools()}
    if method == "tools/call":
        return call_tool(params.get("name", ""), params.get("arguments") or {})
    return {} if method == "ping" else None


def reply(request: dict[str, Any]) -> dict[str, Any]:
    result = answer(request["method"], request.get("params") or {})
    if result is None:
        missing = {"code": -32601, "message": f"no method {request['method']}"}
        return {"jsonrpc": "2.0", "id": request["id"], "error": missing}
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:  # without one it is a notification, which gets no answer
            print(json.dumps(reply(request)), flush=True)


if __name__ == "__main__":
    main()
