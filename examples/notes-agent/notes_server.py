"""An MCP server with two tools on the Markdown files in `notes`. Standard library only.

It speaks JSON-RPC, one message per line, on standard input and output.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROTOCOL_VERSION = "2025-06-18"
NOTES = Path(__file__).resolve().parent / "notes"


def search_notes(words: str) -> str:
    """The lines of all notes that hold these words, each with the note that it stands in."""
    found = [
        f"{file.name}: {line.strip()}"
        for file in sorted(NOTES.glob("*.md"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if all(word in line.lower() for word in words.lower().split())
    ]
    return "\n".join(found) or f"no note has {words!r}"


def add_to_note(note: str, line: str) -> str:
    """Add a line to a note, which is made when it is not there."""
    if not re.fullmatch(r"[\w-]+\.md", note):  # a model may say anything, a path that leads elsewhere, too
        raise ValueError(f"{note!r} is no name of a note: letters and digits, and .md at its end")
    with (NOTES / note).open("a", encoding="utf-8") as file:
        file.write(f"- {' '.join(line.split())}\n")
    return f"added to {note}"


TOOLS: dict[Callable[..., str], dict[str, str]] = {
    search_notes: {"words": "Words to look for."},
    add_to_note: {"note": "The note's file, such as house.md.", "line": "What to add."},
}


def describe_tools() -> list[dict[str, Any]]:
    return [
        {
            "name": tool.__name__,
            "description": tool.__doc__,
            "inputSchema": {
                "type": "object",
                "properties": {name: {"type": "string", "description": what} for name, what in arguments.items()},
                "required": list(arguments),
            },
        }
        for tool, arguments in TOOLS.items()
    ]


def call_tool(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a tool. Its failure is a result too: the model reads it and can do better."""
    tools = {tool.__name__: tool for tool in TOOLS}
    try:
        answer, failed = tools[name](**arguments), False
    except KeyError:
        answer, failed = f"there is no tool {name}", True
    except (ValueError, TypeError, OSError) as error:
        answer, failed = str(error), True
    return {"content": [{"type": "text", "text": answer}], "isError": failed}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The result of a request, None for a method this server does not have."""
    if method == "initialize":
        about = {"name": "notes", "version": "1.0.0"}
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
