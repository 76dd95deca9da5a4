"""What errors, pages and guides tell people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, HIDDEN, Root

ROOT = Path(__file__).parents[2]
PLACES = ("README.md", "docs", "examples", "apps", "cli", "sdk", "stigmer_site")
KINDS_OF_FILE = {".py", ".md", ".html", ".yaml"}
# `stigmer word` or `stigmer word word`, in backquotes or as a line of a shell.
NAMED = re.compile(r"(?:`|^ *(?:\$ )?(?:\.venv/bin/)?)stigmer ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", re.MULTILINE)
NOT_YET = {
    "context": "the cloud backend, which cannot be chosen yet",
    "skill": "skills, which agents may already refer to",
}


def files() -> list[Path]:
    found = [path for place in PLACES for path in [ROOT / place, *(ROOT / place).rglob("*")]]
    return sorted(path for path in found if path.is_file() and path.suffix in KINDS_OF_FILE)


def named() -> dict[tuple[str, str], str]:
    """Where each pair of words is named."""
    return {
        (match[1], match[2] or ""): str(path.relative_to(ROOT))
        for path in files()
        for match in NAMED.finditer(path.read_text())
    }


def test_the_search_finds_what_there_is() -> None:
    assert {"apply", "run", "server", "config"} <= {command for command, _ in named()}


@pytest.mark.parametrize(("words", "place"), named().items(), ids=[" ".join(words).strip() for words in named()])
def test_a_command_that_is_named_exists(words: tuple[str, str], place: str) -> None:
    name, subcommand = words
    if name in NOT_YET:
        return
    assert name in (*COMMANDS, *HIDDEN), place
    command = Root(name="stigmer").get_command(click.Context(Root(name="stigmer")), name)
    if isinstance(command, click.Group) and subcommand:
        assert subcommand in command.commands, place
