"""An MCP server over HTTP on loopback that says what a test says and remembers what it was asked.

    with McpHost({"tools/call": {"result": {"content": []}}}) as host:
        ...  # host.url is its address, host.asked the methods that came, in order

What is told is as for tests/agents/servers/saying.py, or a `Refusal` or CUT_OFF, for a method or for "any".
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.agents.servers.saying import written
from tests.support.served import Served

Json = Any
CUT_OFF = "cut off"
"""Instead of an answer: the connection is closed."""


@dataclass(frozen=True)
class Refusal:
    """An answer of HTTP alone; a `body` that is no text is sent as JSON."""

    status: int
    body: Json = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class McpHost(Served):
    """`lasting` is how many calls each session in turn may make before it is forgotten; those after it last."""

    def __init__(
        self, told: Mapping[str, Json] | None = None, *, lasting: Sequence[int] = (), kind: str = "application/json"
    ) -> None:
        self.told, self.kind, self.lasting = dict(told or {}), kind, list(lasting)
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._left: dict[str, int] = {}
        self._lock = threading.Lock()
        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def begin_session(self) -> str:
        with self._lock:
            session = uuid.uuid4().hex
            if self.lasting:
                self._left[session] = self.lasting.pop(0)
            return session

    def is_forgotten(self, session: str) -> bool:
        with self._lock:
            if session not in self._left:
                return False
            self._left[session] -= 1
            return self._left[session] < 0


def _handler(host: McpHost) -> type[BaseHTTPRequestHandler]:  # noqa: C901  # a class, whose methods are short
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._send(405, b"")

        def do_DELETE(self) -> None:
            self._send(200, b"")

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            host.asked.append(message["method"])
            host.headers.append({name.lower(): value for name, value in self.headers.items()})
            if "id" not in message:
                self._send(202, b"")
                return
            refusal = host.told.get("any", host.told.get(message["method"]))
            if refusal == CUT_OFF:
                self.close_connection = True
            elif isinstance(refusal, Refusal):
                self._refuse(refusal)
            elif message["method"] == "tools/call" and host.is_forgotten(self.headers.get("mcp-session-id", "")):
                error = {"code": -32001, "message": "Session not found"}
                self._refuse(Refusal(404, {"jsonrpc": "2.0", "id": message["id"], "error": error}))
            else:
                self._answer(message)

        def _answer(self, message: Json) -> None:
            body = written(host.told, message)
            if host.kind == "text/event-stream":
                body = b"event: message\ndata: %b\n\n" % body
            is_first = message["method"] == "initialize"
            self._send(200, body, host.kind, {"mcp-session-id": host.begin_session()} if is_first else {})

        def _refuse(self, refusal: Refusal) -> None:
            is_text = isinstance(refusal.body, str)
            body = refusal.body if is_text else json.dumps(refusal.body)
            kind = "text/plain" if is_text else "application/json"
            self._send(refusal.status, body.encode(), kind, refusal.headers)

        def _send(self, status: int, body: bytes, kind: str = "", headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**({"content-type": kind} if kind else {}), **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
