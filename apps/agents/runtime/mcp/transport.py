"""How messages get to a program and back: lines on its standard input and output."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from apps.agents.runtime.mcp.joining import Joining
from apps.agents.runtime.mcp.process import ToolProcess
from apps.agents.runtime.mcp.waiting import Waiting
from apps.resources.json_value import Json

logger = logging.getLogger(__name__)

Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]


@asynccontextmanager
async def stdio(process: ToolProcess, waiting: Waiting) -> AsyncIterator[Streams]:
    """Start the program, speak to it, end it."""
    await process.start()
    incoming, receive = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    send, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_read, process, incoming, waiting)
            group.start_soon(_write, process, outgoing, incoming, waiting)
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
    process: ToolProcess, incoming: MemoryObjectSendStream[SessionMessage | Exception], waiting: Waiting
) -> None:
    joining = Joining()
    async with incoming:
        async for line in process.lines():
            for whole in joining.added(line):
                for heard in waiting.heard(whole):
                    if (message := _parsed(heard)) is not None:
                        await incoming.send(SessionMessage(message))


async def _write(
    process: ToolProcess,
    outgoing: MemoryObjectReceiveStream[SessionMessage],
    incoming: MemoryObjectSendStream[SessionMessage | Exception],
    waiting: Waiting,
) -> None:
    try:
        async for message in outgoing:
            waiting.sent(message.message)
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            await process.write(f"{text}\n".encode())
    except (ConnectionError, OSError):
        await incoming.aclose()  # whoever waits for an answer hears that none will come


def _parsed(message: Json) -> types.JSONRPCMessage | None:
    try:
        return types.jsonrpc_message_adapter.validate_python(message, by_name=False)
    except ValueError:
        logger.debug("a tool server sent a message that the protocol does not have")
        return None
