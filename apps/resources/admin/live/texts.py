"""Values as the run page shows them: text, and never more of it than a person reads."""

from __future__ import annotations

from datetime import datetime

from apps.resources.admin.yaml_text import to_yaml
from apps.resources.json_value import Json

LONGEST = 40_000
"""Characters of one message, result or error."""
ITEMS = 300
"""Entries of one list or mapping: YAML of more takes longer than anybody looks."""
DEEPEST = 30


def cut(text: str, longest: int = LONGEST) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}\n… {len(text) - longest:,} more characters: `stigmer executions show` has them."


def as_text(value: Json) -> str:
    """YAML; empty for nothing."""
    return cut(to_yaml(_thinned(value, 0)).rstrip("\n"))


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _thinned(value: Json, depth: int) -> Json:
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, int | float | bool) or value is None:
        return value
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, dict):
        kept = {key: _thinned(inner, depth + 1) for key, inner in list(value.items())[:ITEMS]}
        return kept if len(value) <= ITEMS else {**kept, "…": f"{len(value) - ITEMS:,} more"}
    shown = [_thinned(inner, depth + 1) for inner in value[:ITEMS]]
    return shown if len(value) <= ITEMS else [*shown, f"… {len(value) - ITEMS:,} more"]
