"""JSON values, as Python holds them."""

import json
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from apps.shared.characters import whole_characters
from apps.shared.numbers import whole_number

Json: TypeAlias = Any
"""None, bool, int, float, str, list[Json] or dict[str, Json]. Never changed in place once it is in the data bag."""


def type_name(value: Json) -> str:
    """What JSON calls the type of `value`."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def to_text(value: Json) -> str:
    """`value` where text is asked for: a string as it is, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        value = whole_number(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def finite(number: str) -> float:
    """A JSON number with a point or an exponent; the largest there is in place of one beyond it."""
    value = float(number)
    return max(-sys.float_info.max, min(sys.float_info.max, value))


def with_whole_characters(value: Json) -> Json:
    """`value` with U+FFFD for every half of a surrogate pair."""
    return map_strings(value, whole_characters)


def map_strings(value: Json, change: Callable[[str], str], marker: str = "") -> Json:
    """`value` with each string that contains `marker` changed; parts without one are shared, not copied."""
    if isinstance(value, str):
        return change(value) if marker in value else value
    if isinstance(value, list):
        items = [map_strings(item, change, marker) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = {map_strings(k, change, marker): map_strings(v, change, marker) for k, v in value.items()}
        same = all(k1 is k2 and pairs[k2] is value[k2] for k1, k2 in zip(pairs, value, strict=False))
        return value if same and len(pairs) == len(value) else pairs
    return value


class TooLarge(ValueError):
    """A value too large or too deep to be kept."""


MAX_DEPTH = 200


def check_size(value: Json, limit: int) -> None:
    """Raise TooLarge when `value`, written as JSON, would have more than about `limit` characters or too many levels.

    Parts may be shared: a loop that puts a value into itself twice doubles what it writes with every turn while
    memory hardly grows. Each shared part is visited once, so this takes no longer than the memory is large.
    """
    if isinstance(value, str) and len(value) > limit:
        raise TooLarge(f"the value has more than {limit:,} characters")
    if isinstance(value, list | dict):
        _size(value, limit, {}, 0)


def _size(value: Json, limit: int, seen: dict[int, int], depth: int) -> int:
    if isinstance(value, str):
        return len(value) + 2
    if not isinstance(value, list | dict):
        return 5
    if depth > MAX_DEPTH:
        raise TooLarge(f"the value is nested more than {MAX_DEPTH} levels deep")
    known = seen.get(id(value))
    if known is not None:
        return known
    total = 2
    for item in value if isinstance(value, list) else value.values():
        total += _size(item, limit, seen, depth + 1) + 1
        if total > limit:
            raise TooLarge(f"the value has more than {limit:,} characters")
    if isinstance(value, dict):
        total += sum(map(len, value)) + 3 * len(value)
    seen[id(value)] = total
    return total
