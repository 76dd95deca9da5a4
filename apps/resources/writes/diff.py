"""What an update changes, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps.resources.json_value import Json

ABSENT = object()


@dataclass(frozen=True)
class FieldChange:
    """`before` or `after` is ABSENT when the field is added or removed."""

    path: str
    before: Json
    after: Json


def changes(before: Json, after: Json, path: str = "") -> Iterator[FieldChange]:
    """Every leaf that differs between two JSON values, in the order of the wanted value.

    Lists are compared place by place: for an inserted item that shows more than a person would
    write, but never hides anything.
    """
    if is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            place = f"{path}.{key}" if path else key
            yield from changes(before.get(key, ABSENT), after.get(key, ABSENT), place)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            yield from changes(_item(before, index), _item(after, index), f"{path}[{index}]")
    else:
        yield FieldChange(path, before, after)


def is_same(before: Json, after: Json) -> bool:
    """Whether two JSON values are equal. To Python alone `true` equals 1, and what holds them is equal, too."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(is_same(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(is_same, before, after))
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)


def _item(values: list[Json], index: int) -> Json:
    return values[index] if index < len(values) else ABSENT
