"""An HTTP service on loopback that answers what a test says and remembers what it was asked.

with StandIn() as service:
    service.on("GET /pulls/1", body={"title": "fix"})
    ...
    assert service.count("GET /pulls/1") == 1
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came in. `body` is decoded JSON, or the bytes where it is none."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """What to answer. `body` is sent as JSON unless it is bytes; None is an empty body."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    breaks: bool = False
    """Close the connection instead of answering."""
    before: Callable[[Asked], None] | None = None
    """Called when the request has arrived and nothing is answered yet."""


class StandIn:
    """Answers of one route are given in order; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._routes: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, route: str, body: Any = None, **options: Any) -> None:
        """Add an answer for `METHOD /path`, query left out."""
        self._routes.setdefault(route, []).append(Answer(body, **options))

    def count(self, route: str) -> int:
        """How often `METHOD /path` was asked."""
        with self._lock:
            return sum(f"{each.method} {each.path.partition('?')[0]}" == route for each in self.asked)

    def has(self, route: str) -> bool:
        """Whether `METHOD /path` was asked."""
        return self.count(route) > 0

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            answers = self._routes.get(f"{asked.method} {asked.path.partition('?')[0]}")
            if not answers:
                return Answer({"error": f"no route {asked.method} {asked.path}"}, status=404)
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> StandIn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _handler(service: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, _decoded(content))
            answer = service.answer(asked)
            if answer.before:
                answer.before(asked)
            time.sleep(answer.delay)
            if answer.breaks:
                self.close_connection = True
                return
            try:
                self._send(answer)
            except OSError:
                self.close_connection = True

        def _send(self, answer: Answer) -> None:
            is_bytes = isinstance(answer.body, bytes)
            body = answer.body if is_bytes else b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            headers = {"Content-Type": "text/plain" if is_bytes else "application/json", **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  # as http.server wants them

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content
