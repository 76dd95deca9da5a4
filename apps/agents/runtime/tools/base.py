"""What the loop needs of tools, whoever serves them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from apps.agents.runtime.models.base import Tool
from apps.resources.json_value import Json
from apps.shared.masking import NOTHING_SECRET, Masker
from apps.shared.reach import Reach


@dataclass(frozen=True)
class Outcome:
    """What a tool answered, as text. `is_error`: it says that it failed."""

    text: str
    is_error: bool = False


class ToolFailed(Exception):
    """The call did not work: the tool's server is gone, slow, or answered with something unusable."""


MakeCall = Callable[[dict[str, Json]], Coroutine[Any, Any, Outcome]]  # Any: what asyncio sends and takes


@dataclass(frozen=True)
class BoundTool:
    """A tool as the model sees it, and how it is called, whoever serves it."""

    tool: Tool
    call: MakeCall
    """On the run's event loop, for as long as this tool may take. Raises ToolFailed."""
    server: str = ""
    """The MCP server it is of; empty for one of ours."""
    is_repeatable: bool = False
    """It only reads, or calling it again changes nothing more: so its server says."""
    metadata: dict[str, Json] = field(default_factory=dict)
    """What a display may use of it."""


@dataclass(frozen=True)
class ToolSettings:
    """`workspace` is where programs start that say nothing else; `register` notes those that run.

    `reach`: what addresses of servers may lead to, None for anywhere.
    """

    workspace: Path
    register: Path
    start_seconds: float = 60.0
    call_seconds: float = 120.0
    masker: Masker = NOTHING_SECRET
    reach: Reach | None = None


class Toolbox(Protocol):
    """The tools of one run, and what keeps them alive."""

    tools: Sequence[BoundTool]

    async def close(self) -> None: ...


class NoTools:
    """For agents that declare no servers."""

    tools: Sequence[BoundTool] = ()

    async def close(self) -> None:
        pass
