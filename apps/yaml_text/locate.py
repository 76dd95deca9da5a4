"""From a field path to the line of the text that it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from apps.yaml_text.tree import Items, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.yaml_text.tree import Node

STEP = re.compile(r"\.?(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|\[\"(?P<key>[^\"]*)\"\]")


def line_of(root: Node, path: str) -> int:
    """The line of a field path as the server writes it (`spec.mcp_servers[0].name`).

    A field that is not in the text is found where it should stand: at its nearest parent that is.
    """
    line = root.position.line
    here: Node | None = root
    for step in _steps(path):
        line, here = _child(here, step, line)
    return line


def _steps(path: str) -> Iterator[str]:
    for step in STEP.finditer(path):
        yield next(part for part in step.groups() if part is not None)


def _child(here: Node | None, step: str, line: int) -> tuple[int, Node | None]:
    """Line and node one step further; the line stays when there is nothing there."""
    if isinstance(here, Items) and step.isdecimal() and int(step) < len(here.items):
        child = here.items[int(step)]
        return child.position.line, child
    if isinstance(here, Mapping):
        wanted = _plain(step)
        for key, (position, child) in here.entries.items():
            if _plain(key) == wanted:
                return position.line, child
    return line, None


def _plain(name: str) -> str:
    """camelCase and snake_case alike."""
    return name.replace("_", "").lower()
