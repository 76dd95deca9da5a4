"""The answers of one server, put into the form that the protocol's library accepts, piece by piece.

What is good in them is used. What is not stands in a note: in the text of a result, or in `left_out` for tools.
"""

from __future__ import annotations

import logging

from mcp_types import methods
from pydantic import ValidationError

from apps.agents.runtime.mcp.reading import failure, first_line
from apps.agents.runtime.mcp.results import text_of
from apps.resources.json_value import Json

logger = logging.getLogger(__name__)
NO_SUCH_METHOD = -32601
JUDGED_BY = "2025-11-25"
"""The revision of the protocol whose rule says which tools can be used."""
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


class Answers:
    """Of one server. `left_out` is why tools that it offers cannot be used, by their names."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.left_out: dict[str, str] = {}
        self._has_tools = True

    def mended(self, method: str, answer: Json) -> Json:
        """The answer to a request of this method."""
        result = answer.get("result")
        if "error" in answer:
            return self._refused(method, answer)
        if method == "tools/call":
            return answer | {"result": _call_result(result)}
        if not isinstance(result, dict):
            return failure(answer.get("id"), f"the result of {method} is no object: {first_line(repr(result))}")
        if method == "tools/list":
            return answer | {"result": self._tool_list(result)}
        if method == "initialize":
            return answer | {"result": self._beginning(result)}
        return answer

    def _refused(self, method: str, answer: Json) -> Json:
        """A server without tools may refuse to list them."""
        if method == "tools/list" and (answer["error"]["code"] == NO_SUCH_METHOD or not self._has_tools):
            return {"jsonrpc": "2.0", "id": answer.get("id"), "result": {"tools": []}}
        return answer

    def _beginning(self, result: Json) -> Json:
        """Nobody needs more of it than the version, and whether there are tools."""
        said = result.get("capabilities")
        self._has_tools = not isinstance(said, dict) or "tools" in said
        return {
            "protocolVersion": result.get("protocolVersion"),
            "capabilities": {"tools": {}} if self._has_tools else {},
            "serverInfo": {"name": self.server, "version": ""},
        }

    def _tool_list(self, result: Json) -> Json:
        tools = result.get("tools")
        if not isinstance(tools, list):
            self._leave_out("all", f"tools is no list but {first_line(repr(tools))}")
            tools = []
        usable = []
        for index, raw in enumerate(tools):
            tool = _tool(raw)
            if complaint := _complaint(tool):
                self._leave_out(str(tool.get("name") or f"tools[{index}]"), complaint)
            else:
                usable.append(tool)
        cursor = result.get("nextCursor")
        rest = {key: result[key] for key in ("resultType", "ttlMs", "cacheScope") if key in result}
        return {**rest, "tools": usable} | ({"nextCursor": cursor} if isinstance(cursor, str) else {})

    def _leave_out(self, name: str, why: str) -> None:
        if self.left_out.get(name) != why:
            logger.warning("MCP server %s: the tool %s is left out, it cannot be used: %s", self.server, name, why)
        self.left_out[name] = why


def _tool(raw: Json) -> Json:
    """What we use of a tool. The rest, right or wrong, is nothing to us; so are optional parts that are wrong."""
    if not isinstance(raw, dict):
        return {"inputSchema": raw}
    tool = {key: raw[key] for key in ("name", "inputSchema") if key in raw}
    tool |= {key: raw[key] for key in ("title", "description") if isinstance(raw.get(key), str)}
    schema = tool.get("inputSchema")
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) and "type" not in schema:
        tool["inputSchema"] = {"type": "object", **schema}  # only objects have properties
    hints = raw.get("annotations")
    if isinstance(hints, dict):
        tool["annotations"] = {key: hints[key] for key in HINTS if isinstance(hints.get(key), bool)}
    return tool


def _complaint(tool: Json) -> str:
    """Why a tool cannot be used, with the place; empty when it can."""
    if tool.get("name") == "":
        return "name: is empty"
    try:
        methods.validate_server_result("tools/list", JUDGED_BY, {"tools": [tool]})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part not in {"tools", 0})
        return f"{place}: {first['msg']}"
    except (ValueError, RecursionError):  # of the library's serializer, which goes some 250 levels deep
        return "inputSchema: is nested too deeply"
    return ""


def _call_result(result: Json) -> Json:
    """As one text: whatever a server answers with, that is what the model reads."""
    if not isinstance(result, dict):
        result = {"content": [] if result is None else [result]}
    elif result.get("resultType", "complete") != "complete":
        return result  # the server has a question, which is the library's to answer
    rest = {key: result[key] for key in ("resultType",) if key in result}
    return {**rest, "content": [{"type": "text", "text": text_of(result)}], "isError": bool(result.get("isError"))}
