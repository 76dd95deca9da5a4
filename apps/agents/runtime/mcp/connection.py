"""One MCP server during one run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import mcp_types as types
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from apps.agents.runtime.mcp import transport
from apps.agents.runtime.mcp.definition import HttpServer, Server
from apps.agents.runtime.mcp.process import MAX_LINE, ToolProcess
from apps.agents.runtime.mcp.results import outcome_of
from apps.agents.runtime.tools.base import Outcome, ToolFailed
from apps.resources.json_value import Json
from apps.shared.masking import without_user

MAX_TOOLS = 1000
MAX_PAGES = 50
TOO_LARGE = f"answered with more than {MAX_LINE // 1024 // 1024} MB; the answer was thrown away"


class Connection:
    """`open`, then `call`, then `close`; all on the run's event loop.

    The SDK's contexts must be left by the task that entered them, so one task holds them open.
    """

    def __init__(self, server: Server, make_process: Callable[[Any], ToolProcess]) -> None:
        self.server = server
        self.tools: list[types.Tool] = []
        self._too_large, self._closing = asyncio.Event(), asyncio.Event()
        self._process = None if isinstance(server, HttpServer) else make_process(server)
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None

    async def open(self, seconds: float) -> None:
        """Connect and read the list of tools. Raises ToolFailed naming the server."""
        ready = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold_open(ready))
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            await self.close()
            slow = f"did not answer within {seconds:g} s"
            raise ToolFailed(f"{self._title} {TOO_LARGE if self._too_large.is_set() else slow}") from None
        if not ready.done():
            raise ToolFailed(f"{self._title} {await self._reason(self._task.exception())}")

    async def call(self, name: str, arguments: dict[str, Json], seconds: float) -> Outcome:
        """Raises ToolFailed with a sentence that the model and people can read."""
        if self._client is None or self._task is None or self._task.done():
            raise ToolFailed(f"{self._title} is gone")
        self._too_large.clear()
        calling = asyncio.create_task(self._client.call_tool(name, arguments))
        refused = asyncio.create_task(self._too_large.wait())
        try:
            await asyncio.wait([calling, refused], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_answered, is_refused = calling.done(), refused.done()
            for task in (calling, refused):
                task.cancel()
            await asyncio.gather(calling, refused, return_exceptions=True)
        error = calling.exception() if is_answered else None
        if is_refused and (error or not is_answered):
            raise ToolFailed(f"{self._title} {TOO_LARGE}") from error
        if not is_answered:
            raise ToolFailed(f"{self._title} did not answer within {seconds:g} s; the call may still take effect")
        if error is not None:
            raise ToolFailed(f"{self._title} {await self._reason(error)}") from error
        return outcome_of(calling.result())

    async def close(self) -> None:
        self._closing.set()
        if self._task is not None:
            if self._client is None:
                self._task.cancel()  # still connecting: there is nothing to wait for
            await asyncio.gather(self._task, return_exceptions=True)

    async def _hold_open(self, ready: asyncio.Future[None]) -> None:
        mode: Literal["legacy", "auto"] = "auto" if self._process is None else "legacy"
        async with Client(self._transport(), mode=mode, cache=None) as client:
            self.tools = await _all_tools(client)
            self._client = client
            ready.set_result(None)
            await self._closing.wait()

    def _transport(self) -> AbstractAsyncContextManager[Any]:
        if isinstance(self.server, HttpServer):
            return transport.http(self.server, self._too_large)
        if self._process is None:
            raise TypeError("a stdio server has a process")
        return transport.stdio(self._process, self._too_large)

    @property
    def _title(self) -> str:
        return f"MCP server {self.server.name!r}"

    async def _reason(self, error: BaseException | None) -> str:
        leaves = list(_leaves(error)) if error is not None else []
        for leaf in leaves:
            if isinstance(leaf, ToolFailed):
                return f"cannot be used: {leaf}"
        if any(_is_closed(leaf) for leaf in leaves) and self._process is not None:
            return await self._process.last_words()
        if self._process is None and any(not isinstance(leaf, MCPError) for leaf in leaves):
            return f"cannot be reached: {_first_line(leaves)}"
        return f"answered with an error: {_first_line(leaves)}"


def _first_line(errors: list[BaseException]) -> str:
    texts = [str(error) or type(error).__name__ for error in errors]
    return without_user(texts[0].splitlines()[0])[:500] if texts else "no reason given"


def _is_closed(error: BaseException) -> bool:
    closed = isinstance(error, MCPError) and error.error.code == types.CONNECTION_CLOSED
    return (
        closed or isinstance(error, ConnectionError) or type(error).__name__ in {"ClosedResourceError", "EndOfStream"}
    )


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


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
