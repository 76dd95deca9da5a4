"""Which failures are one: what their errors have in common."""

from __future__ import annotations

import re

# What differs between two errors of one cause: numbers, ids, what stands in quotes.
VARIES = re.compile(r"\b[0-9a-z]+-[0-9a-hjkmnp-tv-z]{26}\b|'[^']*'|\"[^\"]*\"|\d+")


def cause(error: str) -> str:
    """What errors of one cause have in common."""
    return VARIES.sub("#", error)
