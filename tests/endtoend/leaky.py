"""An MCP server that tells the variable TOKEN in every form: in results, errors, descriptions, and as it dies."""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.secret_forms import all_forms

TOLD = "\n".join(all_forms(os.environ["TOKEN"]))


def result(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    print(TOLD, file=sys.stderr, flush=True)
    if method == "initialize":
        about = {"name": "leaky", "version": "1"}
        return {"protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        schema = {"type": "object", "description": TOLD}
        return {
            "tools": [{"name": name, "description": TOLD, "inputSchema": schema} for name in ("tell", "fail", "die")]
        }
    if method == "tools/call":
        if parameters["name"] == "die":
            sys.exit(3)
        text = json.dumps({"asked": parameters.get("arguments"), "told": TOLD})
        return {"content": [{"type": "text", "text": text}], "isError": parameters["name"] == "fail"}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        answer = result(message["method"], message.get("params") or {})
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer}), flush=True)
