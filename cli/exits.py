"""Exit codes. Scripts branch on them, so a code never changes its meaning."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """What the exit code of `stigmer` says."""

    DONE = 0
    FAILED = 1
    MISUSE = 2
    AUTHENTICATION = 3
    NOT_FOUND = 4
    CONFLICT = 5
    # Only with --exit-code.
    UNCHANGED = 7
    CANCELLED = 8
    TIMEOUT = 9
    INTERRUPTED = 130
