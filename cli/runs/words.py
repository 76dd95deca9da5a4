"""Small words about runs: durations, arguments, phases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.shared.durations import duration
from apps.shared.numbers import whole_numbers
from cli.output import DIM, GREEN, RED, YELLOW, cell_width, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.runs import SignalChanged, WaitingChanged

PHASE_COLOURS = {
    "pending": YELLOW,
    "in progress": YELLOW,
    "completed": GREEN,
    "failed": RED,
    "cancelled": DIM,
}
NO_LAST_WORD = "The model said nothing after its last call."
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
    """How long something took; "" where that is unknown, or no time by the clock of the run."""
    return duration(ended - started) if started and ended > started else ""


def arguments_in_short(arguments: Mapping[str, Any]) -> str:  # what JSON can hold
    """`limit=3 number="1042"`, cut where it is long."""
    parts = (f"{name}={value_in_short(value)}" for name, value in arguments.items())
    return shortened(" ".join(parts), ARGUMENTS_SHOWN)


def value_in_short(value: Any) -> str:  # what JSON can hold
    """A value on one line."""
    import json

    return shortened(json.dumps(whole_numbers(value), ensure_ascii=False), ARGUMENT_SHOWN)


def shortened(text: str, room: int) -> str:
    """`text` on one line of at most `room` characters."""
    text = one_line(text)
    return text if len(text) <= room else text[: room - 1] + "…"


def text_lines(text: str) -> list[str]:
    """The lines of `text`, none of which can control a terminal."""
    return [one_line(line).rstrip() for line in text.splitlines()]


def in_words(word: str) -> str:
    """`in progress` for `in-progress`."""
    return word.replace("-", " ")


def the_end_of(text: str, room: int) -> str:
    """`text` on one line, or its end behind `…` where it takes more than `room` columns."""
    text = one_line(text)
    if cell_width(text) <= room:
        return text
    while cell_width(text) > room - 1:
        text = text[1:]
    return f"…{text}"


def indented(text: str, columns: int) -> str:
    """`text` below a line that it explains, wrapped so that it stays to the right."""
    import textwrap

    margin = "    "
    return textwrap.fill(one_line(text), columns, initial_indent=margin, subsequent_indent=margin)


def waiting_in_words(change: WaitingChanged) -> str:
    """`paused: why`, `goes on`."""
    return ending(change.waiting or "goes on", change.reason)


def signal_in_words(change: SignalChanged) -> str:
    """`signal approved: taken by /wait`."""
    said = {
        "kept": f"sent by {change.sender}" if change.sender else "sent",
        "taken": f"taken by {change.task}",
        "unused": f"{change.count:,} of them were not used" if change.count > 1 else "was not used",
    }
    return one_line(f"signal {change.name}: {said.get(change.state, change.state)}")


def ending(phase: str, error: str) -> str:
    """`failed: why`; an error that begins with the phase says both."""
    return error if error.startswith(phase) else f"{phase}: {error}" if error else phase
