"""Whole numbers among floats: in protobuf's free-form values, and in much of JSON, every number is one."""

from __future__ import annotations

from typing import Any, Final

EXACT: Final = 2**53
"""Every integer below is a double."""
MOST_DIGITS: Final = 4300
"""Of an integer; Python's own limit, beyond which reading one takes long."""


def whole_number(number: float) -> int | float:
    """30.0 as 30; anything else, and what may have been rounded, as it is."""
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def integer(digits: str) -> int:
    """An integer of JSON. Raises ValueError, whose text is for people, for one that Python would not read or write."""
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of it has {len(digits):,} digits")
    return int(digits)


def whole_numbers(value: Any) -> Any:  # Any: what json can say
    """`value` with that done at every depth."""
    if isinstance(value, float):
        return whole_number(value)
    if isinstance(value, dict):
        return {key: whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [whole_numbers(each) for each in value]
    return value
