"""The arguments of a tool call: JSON as a model wrote it, taken only when it can be recorded and read again.

Everything recorded goes out in the contract's messages, which hold JSON as protobuf: numbers are doubles,
texts are UTF-8, and readers stop at a hundred levels, of which an object takes three.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from apps.resources.kind import Json

DEEPEST = 24
"""Levels of lists and objects; the contract's messages break at 32."""


def read_arguments(text: str) -> dict[str, Json]:
    """Raises ValueError, whose text the model can act on."""
    try:
        value = json.loads(text or "{}", parse_constant=_refuse, parse_float=_number, parse_int=_integer)
        if not isinstance(value, dict):
            raise ValueError(f"they must be a JSON object, not {type(value).__name__}")  # noqa: TRY004  # not our mistake
        _check_depth(value, DEEPEST)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"they are nested deeper than {DEEPEST} levels") from None
    except UnicodeEncodeError as error:
        raise ValueError(f"half of a character ({error.object[error.start]!a}) is no text") from None
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _integer(text: str) -> int:
    _number(text)  # before int(), which is slow for very long ones
    return int(text)


def _check_depth(value: Any, levels: int) -> None:  # Any: whatever JSON holds
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        raise RecursionError
    for inner in value.values() if isinstance(value, dict) else value:
        _check_depth(inner, levels - 1)
