"""What READMEs and guides call a file of this repository is there."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A path with a known ending that is no part of a longer word, of an address or of a pattern.
NAMED = re.compile(
    r"(?<![\w/.*<>{}$-])(?:[\w.-]+/)*[\w-]+"
    r"\.(?:py|md|js|css|html|proto|toml|yaml|yml|json|lock)\b(?![\w(/*])"
)
ELSEWHERE = {
    "SKILL.md": "of a skill",
    "Stigmer.yml": "of a project",
    "agents.yaml": "of a project",
    "config.yaml": "of the home directory",
    "json.py": "of a project",
    "orders.py": "of a project",
    "stigmer.py": "of a project",
    "./orders.yaml": "of a project",
    "tools/orders.py": "of a project",
    "prompts/printers.md": "of the project that docs/sdk.md makes",
    "dependencies.json": "of an entry point",
    "ports.json": "of the data directory",
    "prices.yaml": "of the data directory",
    "run/daemon.lock": "of the data directory",
    "run/state.json": "of the data directory",
}
NOT_OURS = {".venv", ".git", "build", "node_modules"}


@cache
def all_files() -> list[Path]:
    """Every file of the repository, from its root."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found += [Path(folder, name).relative_to(ROOT) for name in names]
    return sorted(found)


@cache
def every_end() -> frozenset[str]:
    """The files, each by every end of its path: a README names those of its folder."""
    parts = [path.parts for path in all_files()]
    return frozenset("/".join(each[start:]) for each in parts for start in range(len(each)))


def test_the_search_finds_files() -> None:
    assert NAMED.findall("`steps/<kind>.py`, a copy of `raise_.py` in apps/x.yaml, f.py(...)") == [
        "raise_.py",
        "apps/x.yaml",
    ]


@pytest.mark.parametrize("guide", [path for path in all_files() if path.suffix == ".md"], ids=str)
def test_a_file_that_is_named_exists(guide: Path) -> None:
    named = set(NAMED.findall((ROOT / guide).read_text())) - ELSEWHERE.keys()
    assert not {name for name in named if name not in every_end() and not (ROOT / guide.parent / name).exists()}
