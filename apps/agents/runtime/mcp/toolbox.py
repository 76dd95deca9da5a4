"""The tools of all MCP servers of one agent, under names that the model can use."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import mcp_types as types

from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.mcp.connection import Connection
from apps.agents.runtime.mcp.definition import HttpServer, StdioServer, servers
from apps.agents.runtime.mcp.pinning import check_tools
from apps.agents.runtime.mcp.process import ToolProcess
from apps.agents.runtime.models.base import Tool
from apps.agents.runtime.placed_servers import place_of, placed
from apps.agents.runtime.stored_servers import ToolServer
from apps.agents.runtime.tools.base import BoundTool, MakeCall, Outcome, ToolFailed, ToolSettings
from apps.resources.base import Resource
from apps.resources.executions.variables import Variables
from apps.resources.json_value import Json

MAX_NAME = 64
NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")


class Offer(NamedTuple):
    """A tool as a server offers it."""

    server: str
    tool: types.Tool
    call: MakeCall


class McpToolbox:
    """The connections of one run. `open`, `close` and the calls of its tools run on the run's event loop."""

    def __init__(self, settings: ToolSettings, connections: Sequence[Connection]) -> None:
        self.settings, self.connections = settings, connections
        self.tools: Sequence[BoundTool] = ()

    async def open(self) -> None:
        """Connect to all servers at once. Raises the error of the first that cannot be used."""
        opening = [connection.open(self.settings.start_seconds) for connection in self.connections]
        for result in await asyncio.gather(*opening, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    def call(self, connection: Connection, name: str) -> MakeCall:
        """How the tool of this name, the server's own, is called."""
        server, seconds = connection.server, self.settings.call_seconds
        if isinstance(server, HttpServer):
            seconds = server.timeout_seconds

        async def call(arguments: dict[str, Json]) -> Outcome:
            return await connection.call(name, arguments, seconds)

        return call

    async def close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in self.connections), return_exceptions=True)


def open_toolbox(
    bridge: Bridge, agent: Resource, of_agent: Sequence[ToolServer], variables: Variables, settings: ToolSettings
) -> McpToolbox:
    """Start or reach every server of the agent. Raises RunFailed naming the one that cannot be used; nothing stays."""
    declared = ((agent.spec or {}).get("env_spec") or {}).get("data") or {}
    definitions = [placed(each.definition, place_of(each.project)) for each in of_agent]
    wanted = servers(definitions, {name: variable.value for name, variable in variables.items()}, declared)
    toolbox = McpToolbox(settings, [])
    try:
        bridge.run(_connect(toolbox, wanted))
        offers: list[Offer] = []
        for connection, tool_server in zip(toolbox.connections, of_agent, strict=True):
            enabled = _enabled(connection, tool_server.definition)
            check_tools(agent, tool_server, enabled, settings.masker)
            offers += [Offer(connection.server.name, tool, toolbox.call(connection, tool.name)) for tool in enabled]
        toolbox.tools = bound(offers)
    except ToolFailed as error:
        bridge.close_by(toolbox.close())
        raise RunFailed(str(error)) from error
    except BaseException:
        bridge.close_by(toolbox.close())
        raise
    return toolbox


async def _connect(toolbox: McpToolbox, wanted: Sequence[object]) -> None:
    make = partial(_process, settings=toolbox.settings)
    reach = toolbox.settings.reach
    toolbox.connections = [Connection(server, make, reach) for server in wanted]  # type: ignore[arg-type]
    await toolbox.open()


def _process(server: StdioServer, *, settings: ToolSettings) -> ToolProcess:
    settings.workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory = settings.workspace / Path(server.working_dir).expanduser()
    return ToolProcess(server, working_dir=directory, register=settings.register, masker=settings.masker)


def _enabled(connection: Connection, definition: Json) -> list[types.Tool]:
    wanted = definition.get("enabled_tools", [])
    offered = {tool.name: tool for tool in connection.tools}
    for name in wanted:
        if name in offered:
            continue
        if complaint := connection.answers.left_out.get(name):
            raise RunFailed(
                f"MCP server {connection.server.name!r} describes the tool {name!r}, which the agent enables, in a way "
                f"that cannot be used: {complaint}",
                hint="Mend it in the server, or take the tool out of enabled_tools",
            )
        raise RunFailed(
            f"MCP server {connection.server.name!r} has no tool {name!r}, which the agent enables",
            hint=f"It has: {', '.join(sorted(offered)) or 'none'}",
        )
    return [offered[name] for name in wanted] if wanted else list(offered.values())


def bound(offers: Sequence[Offer]) -> list[BoundTool]:
    """Tools under names of their own: the server's name goes first where two servers have the same."""
    counts = Counter(offer.tool.name for offer in offers)
    tools: list[BoundTool] = []
    taken: set[str] = set()
    for server, tool, call in offers:
        wanted = f"{server}_{tool.name}" if counts[tool.name] > 1 else tool.name
        name = _free(NOT_IN_NAMES.sub("_", wanted)[:MAX_NAME], taken)
        taken.add(name)
        hints = tool.annotations or types.ToolAnnotations()
        shown = Tool(name, tool.description or tool.title or "", tool.input_schema)
        is_repeatable = bool(hints.read_only_hint or hints.idempotent_hint)
        metadata = {"tool": tool.name, "repeatable": is_repeatable}
        tools.append(BoundTool(shown, call, server, is_repeatable, metadata))
    return tools


def _free(name: str, taken: set[str]) -> str:
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name[: MAX_NAME - 4]}_{number}"
    return unique
