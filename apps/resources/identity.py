"""Names of things: ids, version ids, slugs."""

from __future__ import annotations

import re
import time

from ulid import ULIDGenerator

MAX_SLUG = 63
DEFAULT_SUFFIX = "-default"
"""Of the slugs of default instances."""
MAX_STORED_SLUG = MAX_SLUG + len(DEFAULT_SUFFIX)  # the default instance of a resource with a longest slug
MAX_NAME = 255
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
ULID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}\Z")


class _ForwardClock:
    """Milliseconds since the epoch that never run backwards within this process.

    Lists are ordered by id, so a clock that is set back must not put new rows behind old ones.
    """

    def __init__(self) -> None:
        self.latest = 0

    def __call__(self) -> int:
        self.latest = max(self.latest, time.time_ns() // 1_000_000)
        return self.latest


_generator = ULIDGenerator(clock=_ForwardClock())


def new_id(prefix: str) -> str:
    """A fresh `<prefix>-<ulid>`; later calls in one process give later ids."""
    return f"{prefix}-{str(_generator.generate()).lower()}"


def is_id(value: str, prefix: str) -> bool:
    head, _, tail = value.rpartition("-")
    return head == prefix and bool(ULID.match(tail))


def slug_complaint(slug: str) -> str:
    """What is wrong with a slug that a caller supplied; empty when nothing is."""
    if len(slug) > MAX_SLUG:
        return f"must have at most {MAX_SLUG} characters, got {len(slug)}"
    if not SLUG.match(slug):
        return f"{slug!r} may only hold lowercase letters, digits and single hyphens between them"
    return ""
