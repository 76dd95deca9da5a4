"""Times as people type them: how long ago, or a date."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import click

AGO = re.compile(r"(\d+)\s*([smhdw])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def moment_of(context: click.Context, parameter: click.Parameter, written: str) -> float:
    """Seconds from the epoch of `2h`, `30d` (ago) or `2026-11-23[T08:00]` (here); 0 for nothing."""
    if not written:
        return 0.0
    ago = AGO.fullmatch(written.strip())
    try:
        moment = time.time() - int(ago[1]) * UNITS[ago[2]] if ago else datetime.fromisoformat(written).timestamp()
        datetime.fromtimestamp(moment, UTC)  # no calendar has it, or the wire's has not
    except (ValueError, OverflowError, OSError):
        form = "write 2h, 30d, or a date: 2026-11-23, 2026-11-23T08:00"
        raise click.BadParameter(f"{written!r} is no time; {form}", context, parameter) from None
    return moment
