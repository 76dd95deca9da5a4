"""Lengths of time as definitions write them: a number of seconds, ISO 8601 (`PT1M30S`), or an object of units."""

from __future__ import annotations

import math
import re
from typing import Final

from apps.workflows.expressions.errors import shorten
from apps.workflows.reading import Reader
from apps.workflows.values import Json, to_text

LONGEST_SECONDS: Final = 2**31 - 1
_UNITS: Final = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1, "milliseconds": 0.001}
_ISO: Final = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
FORMS: Final = "a number of seconds, ISO 8601 as PT1M30S, or an object as {minutes: 1, seconds: 30}"


def seconds_of(value: Json) -> float:
    """The seconds that a duration is long, 0 or more. Raises ValueError: what is wrong, as the end of a sentence."""
    if isinstance(value, str):
        found = _ISO.fullmatch(value)
        if found is None or not any(found.groups()):
            raise ValueError(f"must be {FORMS}, got {shorten(value, 40)}")
        value = {unit: float(number) for unit, number in found.groupdict().items() if number}
    elif isinstance(value, int | float):
        value = {"seconds": value}
    if not isinstance(value, dict) or not value or value.keys() - _UNITS.keys():
        raise ValueError(f"must be {FORMS}, got {shorten(to_text(value), 40)}")
    for unit, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
            raise ValueError(f"must have a number for {unit}, got {shorten(to_text(number), 40)}")
    seconds = sum(number * _UNITS[unit] for unit, number in value.items())
    if seconds > LONGEST_SECONDS:
        raise ValueError(f"must be at most {LONGEST_SECONDS:,} seconds")
    return float(seconds)


def read_seconds(reader: Reader, *, default: float) -> float:
    """A duration without expressions; `default` where there is none."""
    if reader.value is None:
        return default
    try:
        return seconds_of(reader.value)
    except ValueError as error:
        reader.complain(str(error))
        return default
