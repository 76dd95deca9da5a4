"""What the loop needs of tools, whoever serves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from apps.agents.runtime.models.base import Tool
from apps.resources.json_value import Json


@dataclass(frozen=True)
class BoundTool:
    """A tool as the model sees it, and whose it is.

    `is_repeatable`: its server says that it only reads, or that calling it again changes nothing more.
    """

    tool: Tool
    server: str
    name: str
    """As the server calls it; the model may see another one."""
    is_repeatable: bool = False
    metadata: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a tool answered, as text. `is_error`: it says that it failed."""

    text: str
    is_error: bool = False


class ToolFailed(Exception):
    """The call did not work: the tool's server is gone, slow, or answered with something unusable."""


class Toolbox(Protocol):
    """The tools of one run. `call` raises ToolFailed."""

    tools: Sequence[BoundTool]

    async def call(self, tool: BoundTool, arguments: dict[str, Json]) -> Outcome: ...

    async def close(self) -> None: ...


class NoTools:
    """For agents that declare no servers."""

    tools: Sequence[BoundTool] = ()

    async def call(self, tool: BoundTool, arguments: dict[str, Json]) -> Outcome:
        del arguments
        raise ToolFailed(f"there is no tool {tool.name}")

    async def close(self) -> None:
        pass
