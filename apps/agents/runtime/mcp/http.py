"""A server elsewhere: its answers read leniently, its refusals told, on the way to the protocol's library."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import httpx2
from mcp.client.streamable_http import streamable_http_client

from apps.agents.runtime.http_client import make_client, why
from apps.agents.runtime.mcp.answers import Answers
from apps.agents.runtime.mcp.definition import HttpServer
from apps.agents.runtime.mcp.reading import (
    MAX_ANSWER,
    OURS,
    SESSION_GONE,
    TOO_LARGE,
    failure,
    first_line,
    is_broken,
    is_response,
    messages_in,
    text_of,
)
from apps.agents.runtime.refusal import words_of
from apps.resources.json_value import Json
from apps.shared.reach import AddressRefused, Reach

# They log what they could not parse, which may hold anything.
logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("httpx2").setLevel(logging.WARNING)

STREAM_SECONDS = 300.0
"""A server may say nothing for so long on a stream that it keeps open."""
JSON, EVENTS = "application/json", "text/event-stream"
SESSION = "mcp-session-id"


@asynccontextmanager
async def http(server: HttpServer, answers: Answers, reach: Reach | None) -> AsyncIterator[object]:
    """Speak to a server elsewhere; `reach`: what its address may lead to, None for anywhere."""
    timeout = httpx2.Timeout(server.timeout_seconds, read=max(server.timeout_seconds, STREAM_SECONDS))
    make = partial(_Client, answers)
    async with (
        make_client(make, server.url, timeout=timeout, headers=server.headers, reach=reach) as client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=None) as streams,
    ):
        yield streams


class _Asked(NamedTuple):
    """A request of the protocol. `in_session`: it names a session that the server gave."""

    id: Json
    method: str
    in_session: bool


class _Client(httpx2.AsyncClient):
    """Every request of the protocol gets an answer of the protocol. Notifications and open streams pass as they are."""

    def __init__(self, answers: Answers, **options: Any) -> None:  # Any: those of the base class
        super().__init__(**options)
        self._answers = answers

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        asked = _asked(request)
        if asked is None:
            return await super().send(request, **options)
        try:
            return await self._heard(asked, await super().send(request, **options))
        except AddressRefused as error:
            return _response(request, failure(asked.id, f"cannot be used: {error}", OURS))
        except httpx2.RequestError as error:
            if asked.method != "tools/call":
                raise  # while connecting; but one call that fails ends no connection
            sentence = f"cannot be reached: {why(error, str(request.url))}"
            return _response(request, failure(asked.id, sentence, OURS))

    async def _heard(self, asked: _Asked, response: httpx2.Response) -> httpx2.Response:
        if response.has_redirect_location:
            return response
        headers = {SESSION: response.headers[SESSION]} if SESSION in response.headers else {}
        if response.is_success and response.headers.get("content-type", "").lower().startswith(EVENTS):
            stream = _Events(response, asked, self._answers)
            headers |= {"content-type": EVENTS}
            return httpx2.Response(200, headers=headers, stream=stream, request=response.request)
        answer = _answer_in(asked, response, await _body_of(response))
        return _response(response.request, self._answers.mended(asked.method, answer), headers)


class _Events(httpx2.AsyncByteStream):
    """A stream of events, each of at most 8 MB, with messages in their form."""

    def __init__(self, response: httpx2.Response, asked: _Asked, answers: Answers) -> None:
        self._response, self._asked, self._answers = response, asked, answers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        last_id = ""
        try:
            async for event in httpx2.EventSource(self._response, max_event_size=MAX_ANSWER):
                last_id = event.id
                for data in self._mended(event.data):
                    yield _written(event, data)
        except httpx2.SSEError:
            yield _written(httpx2.ServerSentEvent(), self._failure(TOO_LARGE))
        except httpx2.RequestError as error:
            if last_id:
                raise  # the library asks for the rest
            sentence = f"broke off its answer: {why(error, str(self._response.request.url))}"
            yield _written(httpx2.ServerSentEvent(), self._failure(sentence))

    async def aclose(self) -> None:
        await self._response.aclose()

    def _mended(self, data: str) -> Iterator[str]:
        raw = data.encode("utf-8", "surrogatepass")
        found = messages_in(raw)
        for message in found:
            own = message | {"id": self._asked.id} if is_response(message) else message
            yield json.dumps(self._answers.mended(self._asked.method, own) if is_response(own) else own)
        if not found:
            yield self._failure(_unreadable(raw)) if is_broken(raw) else ""

    def _failure(self, why_not: str) -> str:
        return json.dumps(failure(self._asked.id, why_not, OURS))


def _asked(request: httpx2.Request) -> _Asked | None:
    if request.method != "POST":
        return None
    message = json.loads(request.content)
    if "id" not in message or "method" not in message:
        return None
    return _Asked(message["id"], message["method"], SESSION in request.headers)


async def _body_of(response: httpx2.Response) -> bytes | None:
    """None for more than 8 MB."""
    body = bytearray()
    try:
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_ANSWER:
                return None
    finally:
        await response.aclose()
    return bytes(body)


def _answer_in(asked: _Asked, response: httpx2.Response, body: bytes | None) -> Json:
    """What the body of an answer says, as an answer of the protocol."""
    if body is None:
        return failure(asked.id, TOO_LARGE, OURS)
    said = [message for message in messages_in(body) if is_response(message)]
    answer = next((each for each in said if each.get("id") == asked.id), said[0] if said else None)
    if response.is_success:
        return failure(asked.id, _unreadable(body), OURS) if answer is None else answer | {"id": asked.id}
    error = answer["error"] if answer and "error" in answer else {}
    status = f"{response.status_code} {response.reason_phrase}".strip()
    words = error.get("message") or words_of(body)
    refused = failure(asked.id, f"{status}: {words}" if words else status)
    if response.status_code == httpx2.codes.NOT_FOUND and asked.in_session:
        return failure(asked.id, refused["error"]["message"], SESSION_GONE)
    return refused | {"error": {**error, **refused["error"], "code": error.get("code", refused["error"]["code"])}}


def _unreadable(body: bytes) -> str:
    words = first_line(text_of(body))
    return f"answered with something that is no message: {words}" if words else "answered without a message"


def _response(request: httpx2.Request, message: Json, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    content = json.dumps(message).encode()
    return httpx2.Response(200, headers={**(headers or {}), "content-type": JSON}, content=content, request=request)


def _written(event: httpx2.ServerSentEvent, data: str) -> bytes:
    retry = "" if event.retry is None else f"retry: {event.retry}\n"
    event_id = f"id: {event.id}\n" if event.id else ""
    return f"event: message\n{event_id}{retry}data: {data}\n\n".encode()
