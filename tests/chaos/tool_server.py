"""An MCP server whose tool `act` has an effect: it asks the service in COUNTER to count one. Standard library only."""

import json
import os
import sys
import urllib.request
from typing import Any

ARGUMENTS = {"type": "object", "properties": {"step": {"type": "string"}}, "required": ["step"]}
TOOLS = [
    {"name": "act", "description": "Does something, once.", "inputSchema": ARGUMENTS},
    {"name": "look", "description": "Looks.", "inputSchema": ARGUMENTS, "annotations": {"readOnlyHint": True}},
]


def call(name: str, step: str) -> str:
    address = f"{os.environ['COUNTER']}/effects/{os.environ['TAG']}/{step}"
    request = urllib.request.Request(address, method="POST" if name == "act" else "GET")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.status)


def result(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    if method == "initialize":
        about = {"name": "effects", "version": "1"}
        return {"protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        text = call(parameters["name"], parameters["arguments"]["step"])
        return {"content": [{"type": "text", "text": text}], "isError": False}
    return {}


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            answer = result(message["method"], message.get("params") or {})
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer}), flush=True)


if __name__ == "__main__":
    main()
