"""Where a resource stands in a YAML file, down to the line of one of its fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.project.yaml_tree import Items, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.project.yaml_tree import Node

STEP = re.compile(r"\.?(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|\[\"(?P<key>[^\"]*)\"\]")


@dataclass(frozen=True, slots=True, eq=False)
class YamlSource:
    """A document of a file."""

    file: str
    node: Mapping

    def __str__(self) -> str:
        return f"{self.file}:{self.node.position.line}"

    def locate(self, path: str) -> str:
        """`agents.yaml:17` for a field path as the server writes it (`spec.mcp_servers[0].name`).

        A field that is not in the file is found where it should stand: at its nearest parent that is.
        """
        line = self.node.position.line
        here: Node | None = self.node
        for step in _steps(path):
            line, here = _child(here, step, line)
        return f"{self.file}:{line}"


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
