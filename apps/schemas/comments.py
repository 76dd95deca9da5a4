"""The comments of the contract, which compiled modules leave out: scripts/generate.py keeps them beside these."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


def comment_of(full_name: str) -> str:
    """What the contract says of a message, field or value of an enum, one paragraph a line; "" where nothing."""
    return _all().get(full_name, "")


@cache
def _all() -> dict[str, str]:
    found: dict[str, str] = json.loads((files("stigmer_proto") / "comments.json").read_text(encoding="utf-8"))
    return found
