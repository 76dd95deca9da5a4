"""A stand-in for model hosts on loopback: speaks the wire protocols of OpenAI, Anthropic and Ollama.

    with ModelHost([Reply("Let me look.", calls=[Call("find", {"number": 7})]), Reply("It is on its way.")]) as host:
        ...  # base URL of OpenAI's protocol: host.openai_url, of Anthropic's: host.url, of Ollama: host.url

Each request takes the next reply; the last one is repeated. A request is answered by a reply whose `when`
stands in its last user message, if there is one. `host.requests` has what was asked, in order.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.served import Served

Json = Any  # what a request or an event holds


@dataclass(frozen=True)
class Call:
    """A tool call; arguments given as a text are sent as they are, JSON or not."""

    name: str
    arguments: Json = field(default_factory=dict)
    id: str = ""
    extra: Json = None
    """Sent beside it as `extra_content`, in OpenAI's protocol."""

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """One answer. `status` other than 200 is an error with `text` as its message."""

    text: str = ""
    calls: Sequence[Call] = ()
    status: int = 200
    when: str = ""
    error: dict[str, Json] = field(default_factory=dict)
    """What else stands in an error beside its message."""
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    """Before each piece of text."""
    raw: bytes = b""
    """Sent instead of everything else, as a stream of events."""
    breaks_off: bool = False
    """The connection ends in the middle of the answer."""
    hold: threading.Event | None = None
    """Waited for after the text and before the end."""
    finish: str = ""
    """Why it stopped, in the protocol's words, if not for the usual reason."""
    refusal: str = ""
    """Sent beside the text, in OpenAI's protocol."""
    thoughts: str = ""
    """What it thought before: `reasoning_content` in OpenAI's protocol, a signed block in Anthropic's."""
    input_tokens: int = 11
    output_tokens: int = 7

    @property
    def pieces(self) -> list[str]:
        """Word by word, each with the space after it."""
        return re.findall(r"\S+\s*|\s+", self.text)


@dataclass(frozen=True)
class Asked:
    """One request: where, with which headers (lower case), and what."""

    path: str
    headers: dict[str, str]
    body: Json

    @property
    def key(self) -> str:
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def texts(self) -> list[str]:
        """The text of every message, the instructions first."""
        system = self.body.get("system", [])
        messages = [{"content": system}, *self.body.get("messages", [])]
        return [text for message in messages if (text := _text(message.get("content")))]


class ModelHost(Served):
    """Serves while it is entered. Replies may be changed meanwhile."""

    def __init__(self, replies: Sequence[Reply] = (Reply("Hello."),)) -> None:
        self.replies = list(replies)
        self.requests: list[Asked] = []
        self.accepts = ""
        """The one key with which it tells its models; "" for any."""
        self._taken = 0
        self._lock = threading.Lock()
        self._asked = threading.Condition()
        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def take(self, asked: Asked) -> Reply:
        last = asked.texts[-1] if asked.texts else ""
        with self._asked:
            self.requests.append(asked)
            self._asked.notify_all()
        with self._lock:
            fitting = next((reply for reply in self.replies if reply.when and reply.when in last), None)
            if fitting is not None:
                return fitting
            plain = [reply for reply in self.replies if not reply.when]
            reply = plain[min(self._taken, len(plain) - 1)]
            self._taken += 1
            return reply

    def wait_for(self, true: Callable[[Asked], bool], *, seconds: float = 30.0) -> None:
        """Until a request came of which `true` holds; fails the test otherwise."""
        with self._asked:
            if not self._asked.wait_for(lambda: any(map(true, self.requests)), seconds):
                raise AssertionError(f"no such request came in {seconds} s")


def _text(content: Json) -> str:
    if isinstance(content, list):
        return "".join(part.get("text") or _text(part.get("content")) for part in content)
    return content or ""


def _handler(host: ModelHost) -> type[BaseHTTPRequestHandler]:  # noqa: C901  # a class, whose methods are short
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, None)
            if host.accepts and asked.key != host.accepts:
                self._json(401, {"error": {"message": "no such key"}})
                return
            names = {"/api/tags": {"models": [{"name": "stand-in"}]}, "/v1/models": {"data": [{"id": "stand-in"}]}}
            self._json(200 if self.path in names else 404, names.get(self.path, {}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            protocol = PROTOCOLS.get(self.path)
            if protocol is None:
                self._json(404, {"error": {"message": f"no such path: {self.path}"}})
                return
            reply = host.take(asked)
            if reply.status != 200:
                self._json(
                    reply.status, {"error": {"message": reply.text, "type": "stand_in", **reply.error}}, reply.headers
                )
                return
            if reply.raw:
                self._answer(200, "text/event-stream", reply.raw, reply.headers)
                return
            self._stream(protocol(reply, body), lines=self.path.startswith("/api/"))

        def _stream(self, events: Iterator[Json], *, lines: bool) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/x-ndjson" if lines else "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                for event in events:
                    self._write(_line(event) if lines else _server_sent(event))
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked has gone, as those who cancel do

        def _write(self, data: bytes) -> None:
            self.wfile.write(data)
            self.wfile.flush()

        def _json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
            self._answer(status, "application/json", json.dumps(body).encode(), headers or {})

        def _answer(self, status: int, kind: str, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"content-type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            pass

    return Handler


def _line(event: Json) -> bytes:
    return json.dumps(event).encode() + b"\n"


def _server_sent(event: Json) -> bytes:
    if event == "[DONE]":
        return b"data: [DONE]\n\n"
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def _paced(reply: Reply) -> Iterator[str]:
    for piece in reply.pieces:
        time.sleep(reply.delay_seconds)
        yield piece
    if reply.hold is not None:
        reply.hold.wait(60)


def _ids(reply: Reply) -> list[tuple[str, Call]]:
    return [(call.id or f"call_{index}", call) for index, call in enumerate(reply.calls)]


def _openai(reply: Reply, body: Json) -> Iterator[Json]:
    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": body["model"],
            "choices": [choice],
        }

    yield chunk({"role": "assistant", "content": ""})
    if reply.thoughts:
        yield chunk({"content": None, "reasoning_content": reply.thoughts})
    for piece in _paced(reply):
        yield chunk({"content": piece})
    if reply.refusal:
        yield chunk({"content": None, "refusal": reply.refusal})
    if reply.breaks_off:
        return
    for index, (call_id, call) in enumerate(_ids(reply)):
        made = {"index": index, "id": call_id, "type": "function"}
        made["function"] = {"name": call.name, "arguments": call.text}
        yield chunk({"tool_calls": [made | ({"extra_content": call.extra} if call.extra else {})]})
    yield chunk({}, reply.finish or ("tool_calls" if reply.calls else "stop"))
    total = reply.input_tokens + reply.output_tokens
    usage = {"prompt_tokens": reply.input_tokens, "completion_tokens": reply.output_tokens, "total_tokens": total}
    yield {**chunk({}), "choices": [], "usage": usage}
    yield "[DONE]"


SIGNATURE = "signed by the stand-in"
"""Of thoughts, in Anthropic's protocol."""


def _anthropic(reply: Reply, body: Json) -> Iterator[Json]:
    usage = {"input_tokens": reply.input_tokens, "output_tokens": 1}
    message = {"id": "m1", "type": "message", "role": "assistant", "content": [], "model": body["model"]}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    blocks: list[tuple[Json, Iterator[Json]]] = []
    if reply.thoughts:
        signed = [
            {"type": "thinking_delta", "thinking": reply.thoughts},
            {"type": "signature_delta", "signature": SIGNATURE},
        ]
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, iter(signed)))
    if reply.text:
        texts = ({"type": "text_delta", "text": piece} for piece in _paced(reply))
        blocks.append(({"type": "text", "text": ""}, texts))
    for call_id, call in _ids(reply):
        deltas = iter([{"type": "input_json_delta", "partial_json": call.text}])
        blocks.append(({"type": "tool_use", "id": call_id, "name": call.name, "input": {}}, deltas))
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        if reply.breaks_off:
            return
        yield {"type": "content_block_stop", "index": index}
    stop = {"stop_reason": reply.finish or ("tool_use" if reply.calls else "end_turn"), "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": reply.output_tokens}}
    yield {"type": "message_stop"}


def _ollama(reply: Reply, body: Json) -> Iterator[Json]:
    def line(message: Json, **more: Json) -> Json:
        return {"model": body["model"], "message": {"role": "assistant", **message}, "done": False, **more}

    for piece in _paced(reply):
        yield line({"content": piece})
    if reply.breaks_off:
        return
    for call in reply.calls:
        yield line({"content": "", "tool_calls": [{"function": {"name": call.name, "arguments": call.arguments}}]})
    counts = {"prompt_eval_count": reply.input_tokens, "eval_count": reply.output_tokens}
    yield line({"content": ""}, done=True, done_reason="stop", **counts)


PROTOCOLS = {"/v1/chat/completions": _openai, "/v1/messages": _anthropic, "/api/chat": _ollama}
