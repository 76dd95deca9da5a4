"""What can stand in the record of a run and be read again.

Everything recorded goes out in the contract's messages, which hold JSON as protobuf: numbers are doubles (whole ones
beyond 2**53 go out as their digits, `wire.json_form.exact`), texts are UTF-8, and readers stop at a hundred levels, of
which an object takes three. PostgreSQL, moreover, keeps no NUL.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Final

from apps.resources.json_value import Json
from apps.shared.characters import whole_characters

DEEPEST = 24
"""Levels of lists and objects; the contract's messages break at 32."""


_AS_TEXT: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
REPLACEMENT: Final = "\ufffd"
"""For what is no character, and for NUL, the same on every database."""


def recordable(value: Json) -> Json:
    """`value` with everything in it that could not be stored replaced by what comes nearest.

    U+FFFD for half of a surrogate pair and for NUL, the largest double for an infinite number, null for one that is
    none. Parts that are as they should be are shared, not copied. How deep it is, `check_recordable` judges.
    """
    return value if _is_as_it_should_be(value) else _mended(value)


def _is_as_it_should_be(value: Json) -> bool:
    """Asked first of nearly everything, so by what is fast: json's own walk. When in doubt, it is not."""
    try:
        text = _AS_TEXT(value)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return "\\u0000" not in text


def _mended(value: Json) -> Json:
    if isinstance(value, str):
        return recordable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _nearest(value)
    if isinstance(value, list | tuple):
        items = [_mended(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = {_mended(key): _mended(inner) for key, inner in value.items()}
        same = len(pairs) == len(value) and all(pairs.get(key) is inner for key, inner in value.items())
        return value if same else pairs
    return value


def recordable_text(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    return whole_characters(text)


def _nearest(number: float) -> float | None:
    return None if math.isnan(number) else math.copysign(sys.float_info.max, number)


class NotRecordable(ValueError):
    """The text says what is wrong, as the end of a sentence about the value."""


def may_be_too_deep(text: str) -> bool:
    """Whether a value may be nested deeper than can be read again, by its JSON; `check_recordable` knows."""
    return text.count("[") + text.count("{") > DEEPEST


def check_recordable(value: Json, levels: int = DEEPEST) -> None:
    """Raise NotRecordable for a value that could not be read again."""
    match value:
        case str():
            _check_text(value)
        case float() if not math.isfinite(value):
            raise NotRecordable("has a number in it that is too large, or none")
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
