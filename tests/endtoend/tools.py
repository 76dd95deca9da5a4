"""`python tools.py NAME...`: an MCP server with these tools, each of which answers what it was asked, and with what.

The variables named in TELL are told, too. Standard library only; `answer` serves over HTTP as well.
"""

import json
import os
import sys
from typing import Any


def answer(message: dict[str, Any], names: list[str]) -> dict[str, Any] | None:
    """The answer to a message of JSON-RPC; None for a notification, which gets none."""
    if "id" not in message:
        return None
    result = _result(message["method"], message.get("params") or {}, names)
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}


def _result(method: str, parameters: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if method == "initialize":
        about = {"name": "tools", "version": "1"}
        return {"protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": [{"name": name, "description": name, "inputSchema": {"type": "object"}} for name in names]}
    if method == "tools/call":
        told = {name: os.environ.get(name) for name in os.environ.get("TELL", "").split(",") if name}
        text = json.dumps({parameters["name"]: parameters.get("arguments") or {}, **told})
        return {"content": [{"type": "text", "text": text}], "isError": False}
    return {}


if __name__ == "__main__":
    for line in sys.stdin:
        if (said := answer(json.loads(line), sys.argv[1:])) is not None:
            print(json.dumps(said), flush=True)
