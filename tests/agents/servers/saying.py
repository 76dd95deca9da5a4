"""An MCP server over standard input and output that says what it is told: `saying.py '{METHOD: WHAT, ...}'`.

WHAT is `{"result": ...}` or `{"error": ...}`, with an "id" where another one than the request's is answered; or a text,
which is written as it is with the id instead of `@ID`. A byte that is no UTF-8 is written in it as Python's
`surrogateescape` has it. Other methods are answered as by a server with the tools `ping_tool` and `other_tool`, which
say `pong`.
"""

import json
import sys
from typing import Any

Json = Any
ANYTHING = {"type": "object", "properties": {"a": {}}}
PONG = {"content": [{"type": "text", "text": "pong"}]}


def usual(method: str, params: Json) -> Json:
    tools = [{"name": name, "description": "A tool.", "inputSchema": ANYTHING} for name in ("ping_tool", "other_tool")]
    version = (params or {}).get("protocolVersion")
    beginning: Json = {
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "s", "version": "1"},
    }
    results = {"initialize": beginning, "tools/list": {"tools": tools}, "tools/call": PONG}
    if method in results:
        return {"result": results[method]}
    return {"error": {"code": -32601, "message": "Method not found"}}


def written(told: Json, request: Json) -> bytes:
    """The answer to a request, by what is told for all methods."""
    what = told.get(request["method"], usual(request["method"], request.get("params")))
    if not isinstance(what, str):
        what = json.dumps({"jsonrpc": "2.0", "id": request["id"], **what})
    return what.replace("@ID", str(request["id"])).encode("utf-8", "surrogateescape")


def main() -> None:
    told = json.loads(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request and "method" in request:
            sys.stdout.buffer.write(written(told, request) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
