"""Sizes as people read them."""

from __future__ import annotations

STEP = 1024


def size_of(size: int) -> str:
    """`512 B`, `12.3 KiB`, `4.0 MiB`."""
    if size < STEP:
        return f"{size} B"
    if size < STEP * STEP:
        return f"{size / STEP:.1f} KiB"
    return f"{size / STEP / STEP:.1f} MiB"
