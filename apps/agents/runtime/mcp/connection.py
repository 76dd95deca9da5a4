"""One MCP server during one run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import httpx2
import mcp_types as types
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.http_client import why
from apps.agents.runtime.mcp.answers import Answers
from apps.agents.runtime.mcp.definition import HttpServer, Server
from apps.agents.runtime.mcp.http import http
from apps.agents.runtime.mcp.process import ToolProcess
from apps.agents.runtime.mcp.reading import OURS, SESSION_GONE
from apps.agents.runtime.mcp.results import outcome_of
from apps.agents.runtime.mcp.transport import stdio
from apps.agents.runtime.mcp.waiting import Waiting
from apps.agents.runtime.tools.base import Outcome, ToolFailed
from apps.resources.json_value import Json
from apps.shared.causes import leaves_of
from apps.shared.reach import Reach

MAX_TOOLS = 1000
MAX_PAGES = 50


class SessionGone(ToolFailed):
    """The server has forgotten the session that it gave, and has not taken the call."""


class Connection:
    """`open`, then `call`, then `close`; all on the run's event loop.

    The SDK's contexts must be left by the task that entered them, so one task holds them open.
    """

    def __init__(self, server: Server, make_process: Callable[[Any], ToolProcess], reach: Reach | None = None) -> None:
        self.server, self._reach = server, reach
        self.tools: list[types.Tool] = []
        self.answers = Answers(server.name)
        self._closing = asyncio.Event()
        self._process = None if isinstance(server, HttpServer) else make_process(server)
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None

    async def open(self, seconds: float) -> None:
        """Connect and read the list of tools. Raises ToolFailed naming the server."""
        try:
            await self._open(seconds)
        except SessionGone:
            await self._open(seconds)

    async def call(self, name: str, arguments: dict[str, Json], seconds: float) -> Outcome:
        """Raises ToolFailed with a sentence that the model and people can read."""
        if self._is_gone and self._process is None:
            await self._open(seconds)
        try:
            return await self._call(name, arguments, seconds)
        except SessionGone:
            await self.close()
            await self._open(seconds)
            return await self._call(name, arguments, seconds)

    async def close(self) -> None:
        self._closing.set()
        if self._task is not None:
            if self._client is None:
                self._task.cancel()  # still connecting: there is nothing to wait for
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def _is_gone(self) -> bool:
        return self._client is None or self._task is None or self._task.done()

    async def _open(self, seconds: float) -> None:
        ready = asyncio.get_running_loop().create_future()
        self._closing, self._client = asyncio.Event(), None
        self._task = asyncio.create_task(self._hold_open(ready))
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            await self.close()
            raise ToolFailed(f"{self._title} did not answer within {seconds:g} s") from None
        if not ready.done():
            raise await self._failed(self._task.exception())

    async def _call(self, name: str, arguments: dict[str, Json], seconds: float) -> Outcome:
        if self._client is None or self._is_gone:
            raise ToolFailed(f"{self._title} is gone")
        calling = asyncio.create_task(self._client.call_tool(name, arguments))
        try:
            await asyncio.wait([calling], timeout=seconds)
        finally:
            is_answered = calling.done()
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
        if not is_answered:
            raise ToolFailed(f"{self._title} did not answer within {seconds:g} s; the call may still take effect")
        if (error := calling.exception()) is not None:
            raise await self._failed(error) from error
        return outcome_of(calling.result())

    async def _hold_open(self, ready: asyncio.Future[None]) -> None:
        mode: Literal["legacy", "auto"] = "auto" if self._process is None else "legacy"
        async with Client(self._transport(), mode=mode, cache=None) as client:
            self.tools = await _all_tools(client)
            self._client = client
            ready.set_result(None)
            await self._closing.wait()

    def _transport(self) -> AbstractAsyncContextManager[Any]:
        if isinstance(self.server, HttpServer):
            return http(self.server, self.answers, self._reach)
        if self._process is None:
            raise TypeError("a stdio server has a process")
        return stdio(self._process, Waiting(self.answers))

    @property
    def _title(self) -> str:
        return f"MCP server {self.server.name!r}"

    async def _failed(self, error: BaseException | None) -> ToolFailed:
        leaves = list(leaves_of(error)) if error is not None else []
        kind = SessionGone if any(_code(leaf) == SESSION_GONE for leaf in leaves) else ToolFailed
        return kind(f"{self._title} {await self._reason(leaves)}")

    async def _reason(self, leaves: list[BaseException]) -> str:
        for leaf in leaves:
            if isinstance(leaf, ToolFailed | RunFailed):
                return f"cannot be used: {leaf}"
            if isinstance(leaf, MCPError) and _code(leaf) == OURS:
                return leaf.error.message
            if isinstance(leaf, httpx2.RequestError) and isinstance(self.server, HttpServer):
                return f"cannot be reached: {why(leaf, self.server.url)}"
        if any(_is_closed(leaf) for leaf in leaves) and self._process is not None:
            return await self._process.last_words()
        return f"answered with an error: {_first_line(leaves)}"


def _first_line(errors: list[BaseException]) -> str:
    texts = [str(error) or type(error).__name__ for error in errors]
    return texts[0].splitlines()[0][:500] if texts else "no reason given"


def _code(error: BaseException) -> int | None:
    return error.error.code if isinstance(error, MCPError) else None


def _is_closed(error: BaseException) -> bool:
    is_network = isinstance(error, ConnectionError) or type(error).__name__ in {"ClosedResourceError", "EndOfStream"}
    return is_network or _code(error) == types.CONNECTION_CLOSED


async def _all_tools(client: Client) -> list[types.Tool]:
    found: list[types.Tool] = []
    cursor = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if not cursor or len(found) >= MAX_TOOLS:
            break
    return found[:MAX_TOOLS]
