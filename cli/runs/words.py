"""Small words about runs: durations, arguments, phases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.output import DIM, GREEN, RED, YELLOW, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

PHASE_COLOURS = {
    "pending": YELLOW,
    "in progress": YELLOW,
    "completed": GREEN,
    "failed": RED,
    "cancelled": DIM,
}
MINUTE = 60
# A line about a call keeps to one line of a terminal.
ARGUMENT_SHOWN = 40
ARGUMENTS_SHOWN = 100


def moment(text: str) -> float:
    """Seconds from the epoch of an RFC 3339 text; 0 where there is none, or what is there is not one."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else 0.0
    except ValueError:
        return 0.0


def took(started: float, ended: float) -> str:
    """How long something took; "" where one of the times is unknown."""
    return duration(ended - started) if started and ended else ""


def duration(seconds: float) -> str:
    """`12 ms`, `3.4 s`, `2 m 5 s`, `1 h 3 m`."""
    seconds = max(0.0, seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), MINUTE)
    return f"{minutes} m {rest} s" if minutes < MINUTE else f"{minutes // MINUTE} h {minutes % MINUTE} m"


def arguments_in_short(arguments: Mapping[str, Any]) -> str:  # what JSON can hold
    """`limit=3 number="1042"`, cut where it is long; by name, for the wire keeps no order."""
    parts = (f"{name}={value_in_short(value)}" for name, value in sorted(arguments.items()))
    return shortened(" ".join(parts), ARGUMENTS_SHOWN)


def value_in_short(value: Any) -> str:  # what JSON can hold
    """A value on one line."""
    import json

    return shortened(json.dumps(value, ensure_ascii=False), ARGUMENT_SHOWN)


def shortened(text: str, room: int) -> str:
    """`text` on one line of at most `room` characters."""
    text = one_line(text)
    return text if len(text) <= room else text[: room - 1] + "…"


def in_words(word: str) -> str:
    """`in progress` for `in-progress`."""
    return word.replace("-", " ")
