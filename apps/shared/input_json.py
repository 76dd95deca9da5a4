"""The JSON of a run's input, as somebody types it: read so that it arrives as it was meant, or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

from apps.shared.characters import whole_characters
from apps.shared.numbers import EXACT, integer

NUL = "the character NUL (U+0000)"
BYTES = frozenset(map(chr, range(0xDC80, 0xDD00)))
"""What stands in Python's texts for a byte of an argument, or of a file's name, that is no UTF-8 (PEP 383)."""
DEEPEST = 32
"""Levels of lists and objects that a message of the wire takes; more of them damage it."""


class Unsendable(ValueError):
    """JSON with a value in it that would arrive as another one; the text goes on from what was read."""


def read_input_json(text: str) -> Any:  # Any: what json can say
    """The value, to be sent. Raises ValueError for what is no JSON, and Unsendable (one of those)."""
    value = parsed(text)
    check_sendable(value)
    return value


def parsed(text: str) -> Any:
    """The value. Raises ValueError for what is no JSON, or a number beyond all that are."""
    try:
        return json.loads(text, parse_float=_number, parse_int=integer, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def check_sendable(value: Any) -> None:
    """Raise Unsendable for a value that the wire does not hold: its numbers are doubles, its texts UTF-8."""
    problem = next(_problems(value, 0), "")
    if problem:
        raise Unsendable(problem)


def _problems(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, (int, float)):
        yield from _of_number(value)
    elif isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, (list, tuple, dict)):
        if depth >= DEEPEST:
            yield f"it is nested more than {DEEPEST} levels deep"
            return
        names = list(value) if isinstance(value, dict) else []
        yield from (f"{name!r} is no text, and cannot be a name" for name in names if not isinstance(name, str))
        for inner in (*names, *value.values()) if isinstance(value, dict) else value:
            yield from _problems(inner, depth + 1)
    elif value is not None:
        yield f"a {type(value).__name__} is nothing that JSON has"


def _of_number(value: int | float) -> Iterator[str]:
    if isinstance(value, float) and not isfinite(value):
        yield f"{value} is no value of JSON"
    elif not _is_double(value):
        yield f"the number {value} would lose digits; give it as text"


def _of_text(value: str) -> Iterator[str]:
    if any(character in BYTES for character in value):
        yield f"{json.dumps(value)[:60]} is not UTF-8 text"
    elif whole_characters(value) != value:
        yield f"the text {json.dumps(value)[:60]} has half of a character in it"
    elif "\0" in value:
        yield f"the text {json.dumps(value)[:60]} has {NUL} in it"


def _is_double(value: int | float) -> bool:
    try:
        return isinstance(value, float) or abs(value) <= EXACT or int(float(value)) == value
    except OverflowError:
        return False


def _number(digits: str) -> float:
    if not isfinite(value := float(digits)):
        raise ValueError(f"{digits[:40]} is too large")
    return value


def _refuse(constant: str) -> None:
    """NaN and its like, which Python reads."""
    raise ValueError(f"{constant} is no value of it")
