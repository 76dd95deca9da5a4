"""How long something took, as people read it."""

from __future__ import annotations

MINUTE = 60


def duration(seconds: float, *, minute: str = "m") -> str:
    """`12 ms`, `3.4 s`, `2 m 5 s`, `1 h 3 m`; `minute` is the word for minutes. Below zero is zero: clocks are set."""
    seconds = max(0.0, seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), MINUTE)
    return f"{minutes} {minute} {rest} s" if minutes < MINUTE else f"{minutes // MINUTE} h {minutes % MINUTE} {minute}"
