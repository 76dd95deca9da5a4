"""How bytes get to a server and back: the SDK's transports, made strict about sizes and calm about noise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio
import httpx2
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

from apps.agents.runtime.mcp.definition import HttpServer
from apps.agents.runtime.mcp.process import MAX_LINE, ToolProcess

logger = logging.getLogger(__name__)
# They log what they could not parse, which may hold anything.
logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("httpx2").setLevel(logging.WARNING)

STREAM_SECONDS = 300.0
"""A server may say nothing for so long on a stream that it keeps open."""
Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]


class TooLarge(httpx2.StreamError):
    """An answer was larger than we read. The SDK answers its request with an error and goes on with the next."""


@asynccontextmanager
async def stdio(process: ToolProcess, too_large: asyncio.Event) -> AsyncIterator[Streams]:
    """Start the program, speak to it, end it. `too_large` is set when an answer was thrown away."""
    await process.start()
    incoming, receive = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    send, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_read, process, incoming, too_large)
            group.start_soon(_write, process, outgoing, incoming)
            try:
                yield receive, send
            finally:
                group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await process.end()
        for stream in (incoming, receive, send, outgoing):
            await stream.aclose()


async def _read(
    process: ToolProcess, incoming: MemoryObjectSendStream[SessionMessage | Exception], too_large: asyncio.Event
) -> None:
    async with incoming:
        async for line in process.lines():
            if line is None:
                too_large.set()
            elif (message := _parsed(line)) is not None:
                await incoming.send(SessionMessage(message))


async def _write(
    process: ToolProcess,
    outgoing: MemoryObjectReceiveStream[SessionMessage],
    incoming: MemoryObjectSendStream[SessionMessage | Exception],
) -> None:
    try:
        async for message in outgoing:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            await process.write(f"{text}\n".encode())
    except (ConnectionError, OSError):
        await incoming.aclose()  # whoever waits for an answer hears that none will come


def _parsed(line: bytes) -> types.JSONRPCMessage | None:
    """None for noise: programs print banners, warnings and empty lines where only messages belong."""
    try:
        return types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        logger.debug("a tool server printed %d bytes that are no message", len(line))
        return None


@asynccontextmanager
async def http(server: HttpServer, too_large: asyncio.Event) -> AsyncIterator[object]:
    """Speak to a server elsewhere. `too_large` is set when an answer was thrown away."""
    timeout = httpx2.Timeout(server.timeout_seconds, read=max(server.timeout_seconds, STREAM_SECONDS))
    # A proxy of the environment is for the Internet, not for this machine.
    is_here = urlsplit(server.url).hostname in {"localhost", "127.0.0.1", "::1"}
    async with (
        httpx2.AsyncClient(
            headers=server.headers, timeout=timeout, transport=_Limited(too_large), trust_env=not is_here
        ) as client,
        streamable_http_client(server.url, http_client=client, max_sse_event_size=MAX_LINE) as streams,
    ):
        yield streams


class _Limited(httpx2.AsyncHTTPTransport):
    """Refuses answers to a request that are larger than we want to hold."""

    def __init__(self, too_large: asyncio.Event) -> None:
        super().__init__()
        self._too_large = too_large

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        is_events = response.headers.get("content-type", "").startswith("text/event-stream")
        response.stream = _LimitedStream(response.stream, self._too_large, is_events=is_events)
        return response


class _LimitedStream(httpx2.AsyncByteStream):
    """Of a stream of events each may be so large; the SDK itself ends one that is larger, and we only say so."""

    def __init__(self, stream: object, too_large: asyncio.Event, *, is_events: bool) -> None:
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous client streams asynchronously")
        self._stream, self._too_large, self._is_events = stream, too_large, is_events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > MAX_LINE:
                self._too_large.set()
                if not self._is_events:
                    raise TooLarge(f"more than {MAX_LINE} bytes")
            yield part
            if self._is_events and (end := max(part.rfind(b"\n\n"), part.rfind(b"\n\r\n"))) >= 0:
                taken = len(part) - end

    async def aclose(self) -> None:
        await self._stream.aclose()
