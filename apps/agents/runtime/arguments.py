"""The arguments of a tool call: JSON as a model wrote it, taken only when it can be recorded and read again."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from apps.resources.executions.recordable import DEEPEST, NotRecordable, check_recordable
from apps.resources.json_value import Json


def read_arguments(text: str) -> dict[str, Json]:
    """Raises ValueError, whose text the model can act on."""
    try:
        value = json.loads(text or "{}", parse_constant=_refuse, parse_float=_number, parse_int=_integer)
        if not isinstance(value, dict):
            raise ValueError(f"they must be a JSON object, not {type(value).__name__}")  # noqa: TRY004  # not our mistake
        check_recordable(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    except RecursionError:  # of the reader, before anything could be checked
        raise ValueError(f"what they hold is nested deeper than {DEEPEST} levels") from None
    except NotRecordable as error:
        raise ValueError(f"what they hold {error}") from None
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
