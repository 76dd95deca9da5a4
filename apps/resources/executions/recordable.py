"""What can stand in the record of a run and be read again.

Everything recorded goes out in the contract's messages, which hold JSON as protobuf: numbers are doubles, texts are
UTF-8, and readers stop at a hundred levels, of which an object takes three.
"""

from __future__ import annotations

import math

from apps.resources.json_value import Json

DEEPEST = 24
"""Levels of lists and objects; the contract's messages break at 32."""


class NotRecordable(ValueError):
    """The text says what is wrong, as the end of a sentence about the value."""


def check_recordable(value: Json, levels: int = DEEPEST) -> None:
    """Raise NotRecordable for a value that could not be read again."""
    match value:
        case str():
            _check_text(value)
        case bool() | None:
            return
        case int() | float():
            _check_number(value)
        case list() | dict():
            if levels == 0:
                raise NotRecordable(f"is nested deeper than {DEEPEST} levels")
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(key, str):
                    _check_text(key)
                check_recordable(inner, levels - 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotRecordable(f"has half of a character in a text: {text[error.start]!a}") from None


def _check_number(number: float) -> None:
    try:
        is_finite = math.isfinite(number)
    except OverflowError:  # an integer beyond every double
        is_finite = False
    if not is_finite:
        raise NotRecordable("has a number in it that is too large, or none")
