"""Values as the pages of runs show them: text, and never more of it at once than a person reads."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from apps.resources.json_value import Json

LONGEST: Final = 40_000
"""Characters of one message, value, result or error."""
LONGEST_SPACED: Final = 1_000_000
"""Characters of a value that is still written with a line for each of its parts: the other way is quicker."""


def cut(text: str, longest: int = LONGEST) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}\n… {len(text) - longest:,} more characters: `stigmer executions show` has them."


def as_json(value: Json) -> str:
    """JSON on one line; empty for nothing. Of a large value the beginning, which is no JSON any more."""
    return "" if value in (None, {}, []) else cut(_on_one_line(value))


def spaced_json(value: Json) -> str:
    """The whole of it for people to read, unless it is so large that only programs will."""
    text = _on_one_line(value)
    return text if len(text) > LONGEST_SPACED else json.dumps(value, ensure_ascii=False, indent=2)


def preview(value: Json) -> str:
    """As much of `spaced_json` as a page shows before somebody asks for more."""
    text = _on_one_line(value)
    return cut(text) if len(text) > LONGEST else json.dumps(value, ensure_ascii=False, indent=2)


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _on_one_line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
