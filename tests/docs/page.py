"""A page of the docs, taken apart into its blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]*)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS = "Needs "
"""How the title of a block begins that cannot run by itself: readers see it, too."""
ALONE = ("examples/notes-agent/README.md", "examples/restock/README.md")
"""Examples that anybody can try with nothing."""
PAGES = ("README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")), *ALONE)
"""Those that people wrote; docs/reference is generated, and compared with what the program says."""


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `line` is that of the first one."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def is_run(self) -> bool:
        return not self.title.startswith(NEEDS)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2] or "", found[3])
        for found in FENCE.finditer(text)
    ]


def count_of_fences(page: str) -> int:
    """However they are written."""
    return len(re.findall(r"^ *```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE))
