"""Names for people made into names for programs."""

from __future__ import annotations

import re

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
DROPPED = re.compile(r"[^a-z0-9-]")
HYPHENS = re.compile(r"-{2,}")


def slug_of(name: str) -> str:
    """The slug that `name` makes, as `Support Bot!` makes `support-bot`; empty when it has no usable character.

    Lowercase, space to hyphen, only [a-z0-9-], hyphen runs collapsed, hyphens trimmed at both ends.
    """
    if SLUG.match(name):  # as most that are written by programs
        return name
    kept = DROPPED.sub("", name.lower().replace(" ", "-"))
    return HYPHENS.sub("-", kept).strip("-")


def lost_letters(name: str) -> str:
    """What people read in `name` and its slug has nothing of: `éß` of `Café Maß`."""
    if name.isascii():  # a slug has all of its letters
        return ""
    return "".join(dict.fromkeys(char for char in name if char.isalnum() and not slug_of(char)))
