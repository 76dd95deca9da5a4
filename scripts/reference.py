#!/usr/bin/env python3
"""Write the pages of docs/reference that are made of the program itself, or check that they are what it gives.

Usage: reference.py            rewrite docs/reference/{commands,manifests,configuration}.md
       reference.py --check    write nothing; exit 1 and name the pages that differ
"""

from __future__ import annotations

import html
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apps.backends.config import KEYS
from apps.backends.kinds import KINDS
from apps.schemas.fields import Field, fields_below, root_of
from cli.command import GLOBAL
from cli.main import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- Made by scripts/reference.py; change what it is made of. -->"
DEEPEST = 6


def main() -> int:
    """Write or check; the exit code."""
    made = {"commands.md": commands(), "manifests.md": manifests(), "configuration.md": configuration()}
    stale = []
    for name, lines in made.items():
        text = "\n".join([MADE, "", *lines]).rstrip() + "\n"
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv:
            stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print("docs/reference is not what the program gives; run scripts/reference.py. Differing:", *stale, sep="\n  ")
    return 1 if stale else 0


def commands() -> Iterator[str]:
    """A section for each command and each below it."""
    yield from ("# Commands", "", "Every command with its options; `stigmer COMMAND --help` prints the same.", "")
    for name in COMMANDS:
        command: click.Command = import_module(f"cli.commands.{name}").command
        yield from command_sections(f"stigmer {name}", command, "##")


def command_sections(words: str, command: click.Command, heading: str) -> Iterator[str]:
    yield from command_section(words, command, heading)
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            yield from command_sections(f"{words} {below}", each, f"{heading}#")


def command_section(words: str, command: click.Command, heading: str) -> Iterator[str]:
    context = click.Context(command, info_name=words, help_option_names=[])
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    yield from (f"{heading} {words}", "", "```text", usage, "```", "")
    for paragraph in (command.help or "").strip().split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    records = [
        record
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and parameter.name not in GLOBAL
        if (record := parameter.get_help_record(context)) and record[1]
    ]
    if records:
        yield from ("| Option | |", "|---|---|", *(f"| {code(name)} | {cell(said)} |" for name, said in records), "")
    examples = str(getattr(command, "examples", "")).strip()
    if examples:
        yield from ("```sh", *(line.strip() for line in examples.splitlines()), "```", "")


def manifests() -> Iterator[str]:
    """A section for each kind that is written in YAML, with all fields of its spec."""
    yield from ("# Manifests", "", "What stands below `spec` of each kind; `stigmer explain` prints the same.", "")
    for kind in KINDS:
        if kind.is_declared:
            root = root_of(kind.singular, kind.message_class().DESCRIPTOR)
            yield from (f"## {kind.name}", "", *paragraphs(root.meaning), "| Field | Type | |", "|---|---|---|")
            yield from rows(root, len(root.path) + 1, frozenset())
            yield ""


def rows(field: Field, cut: int, seen: frozenset[str]) -> Iterator[str]:
    """A row for each field below; a message inside itself is not opened again."""
    for each in fields_below(field):
        rules = f" ({'; '.join(each.rules)})" if each.rules else ""
        yield f"| {code(each.path[cut:])} | {cell(each.type)} | {cell(each.meaning + rules)} |"
        name = each.holds.full_name if each.holds is not None else ""
        if name and name not in seen and each.path.count(".") < DEEPEST:
            yield from rows(each, cut, seen | {name})


def configuration() -> Iterator[str]:
    """A row for each setting."""
    yield from (
        "# Configuration",
        "",
        "No file is needed. `stigmer config set KEY VALUE` writes `~/.stigmer/config.yaml`; a variable overrides it.",
        "`stigmer config list` shows every value with where it came from.",
        "",
        "| Key | Default | Variable | |",
        "|---|---|---|---|",
    )
    for key in KEYS:
        if not key.is_for_the_cloud:
            default = "" if key.default is None else code(str(key.default))
            yield f"| `{key.path}` | {default} | {f'`{key.env}`' if key.env else ''} | {cell(key.description)} |"


def paragraphs(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield from (line, "")


def code(text: str) -> str:
    """`text` as code inside a table, where a bar would end the cell, and a backslash before it be shown."""
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def cell(text: str) -> str:
    """`text` inside a table."""
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    sys.exit(main())
