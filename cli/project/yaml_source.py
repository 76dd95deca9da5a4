"""Where a resource stands in a YAML file, down to the line of one of its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.yaml_text.locate import line_of

if TYPE_CHECKING:
    from apps.yaml_text.tree import Mapping


@dataclass(frozen=True, slots=True, eq=False)
class YamlSource:
    """A document of a file."""

    file: str
    node: Mapping

    def __str__(self) -> str:
        return f"{self.file}:{self.node.position.line}"

    def locate(self, path: str) -> str:
        """`agents.yaml:17` for a field path as the server writes it (`spec.mcp_servers[0].name`)."""
        return f"{self.file}:{line_of(self.node, path)}"
