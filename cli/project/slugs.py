"""Slugs as the server makes them, for clients that have to compare names before they ask it."""

from __future__ import annotations

import re

DROPPED = re.compile(r"[^a-z0-9-]")
HYPHENS = re.compile(r"-{2,}")


def slug_of(name: str) -> str:
    """`Support Bot!` to `support-bot`; empty when nothing usable is left."""
    kept = DROPPED.sub("", name.lower().replace(" ", "-"))
    return HYPHENS.sub("-", kept).strip("-")
