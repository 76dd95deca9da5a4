"""What is different between two sets of tools, in lines that people read before they accept one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from apps.resources.json_value import Json
from apps.resources.writes.diff import ABSENT, changes
from apps.shared.counts import counted

MOST_LINES = 60
MOST_CHARACTERS = 300
"""Of one description, or of one value of a schema."""

Tools = Mapping[str, Json]
"""By name: {"description", "schema"}; a text for one of which only a digest is known."""


def names_in_short(before: Tools, now: Tools) -> str:
    """`added: a, b; gone: c; changed: d`."""
    changed = [name for name in now if name in before and before[name] != now[name]]
    parts = {"added": set(now) - set(before), "gone": set(before) - set(now), "changed": changed}
    return "; ".join(f"{word}: {_some(sorted(names))}" for word, names in parts.items() if names)


def difference(before: Tools, now: Tools) -> list[str]:
    """A line for each tool that is added (`+`), gone (`-`) or changed (`~`), and below it how it is described.

    Of a changed one both descriptions, and what differs in its schema, by path.
    """
    lines = [*_lines(before, now)]
    left = len(lines) - MOST_LINES
    return lines if left <= 0 else [*lines[:MOST_LINES], f"... and {counted(left, 'more line')}"]


def _lines(before: Tools, now: Tools) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if name not in before:
            yield f"+ {name}"
            yield from _described("+", now[name])
        elif name not in now:
            yield f"- {name}"
        elif before[name] != now[name]:
            yield f"~ {name}"
            yield from _changed(before[name], now[name])


def _described(sign: str, tool: Json) -> Iterator[str]:
    if isinstance(tool, dict):
        yield f"    {sign} description: {_in_short(tool.get('description') or 'none')}"
        for change in changes({}, tool.get("schema") or {}):
            yield f"    {sign} schema.{change.path}: {_in_short(change.after)}"


def _changed(before: Json, now: Json) -> Iterator[str]:
    if not isinstance(before, dict) or not isinstance(now, dict):
        yield "    how it was described before is not known any more"
        yield from _described("+", now)
        return
    if before.get("description") != now.get("description"):
        yield f"    - description: {_in_short(before.get('description') or 'none')}"
        yield f"    + description: {_in_short(now.get('description') or 'none')}"
    for change in changes(before.get("schema") or {}, now.get("schema") or {}):
        if change.before is not ABSENT:
            yield f"    - schema.{change.path}: {_in_short(change.before)}"
        if change.after is not ABSENT:
            yield f"    + schema.{change.path}: {_in_short(change.after)}"


def _in_short(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… ({len(text):,} characters)"


def _some(names: list[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
