"""Names of things: ids, version ids, slugs."""

from __future__ import annotations

import os
import re
import threading
import time

from apps.shared.slugs import SLUG

MAX_SLUG = 63
DEFAULT_SUFFIX = "-default"
"""Of the slugs of default instances."""
MAX_STORED_SLUG = MAX_SLUG + len(DEFAULT_SUFFIX)  # the default instance of a resource with a longest slug
MAX_NAME = 255
ULID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}\Z")


_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = tuple(range(120, -1, -10))
_RANDOM_BYTES = 10


class _Ulids:
    """The numbers behind ULIDs: milliseconds since the epoch, then 80 random bits.

    Each is greater than the one before, whatever the clock does: lists are ordered by id, and one that is set back must
    not put new rows behind old ones.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.latest = 0

    def __call__(self) -> int:
        fresh = (time.time_ns() // 1_000_000 << 8 * _RANDOM_BYTES) | int.from_bytes(os.urandom(_RANDOM_BYTES))
        with self._lock:
            self.latest = max(fresh, self.latest + 1)
            return self.latest


_next_ulid = _Ulids()


def new_id(prefix: str) -> str:
    """A fresh `<prefix>-<ulid>`; later calls in one process give later ids.

    Written out here, ten bits at a time: an apply takes four of them, and those of a library cost a sixth of a batch.
    """
    number = _next_ulid()
    return f"{prefix}-{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"


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
