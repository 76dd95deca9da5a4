"""Messages as JSON, the way specs are stored and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, partial
from math import isfinite
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.wire.scalars import scalars

LARGEST_EXACT = 2**53
DEEPEST_QUICK = 24
"""Levels of a free-form value that are filled without ParseDict, which counts them."""
_HOLDS_NUMBERS = (int, list, dict)


def to_json(message: Message, place: str = "") -> dict[str, Json]:
    """The contract's JSON form with original field names; the keys of maps, which have no order, sorted.

    Raises InvalidInput for what JSON cannot say; `place` is where the message stands.
    """
    try:
        value = json_format.MessageToDict(message, preserving_proto_field_name=True)
    except (json_format.SerializeToJsonError, ValueError):  # the latter where a free-form value is the whole message
        infinite = (path for path, value in scalars(message, place) if isinstance(value, float) and not isfinite(value))
        raise InvalidInput(Violation(path, "must be a finite number") for path in infinite) from None
    return _with_sorted_maps(message.DESCRIPTOR, value)


def exact(value: Json) -> Json:
    """`value` with whole numbers as their digits where doubles, all that free-form values hold, would lose some."""
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_EXACT or _is_double(value) else str(value)
    if isinstance(value, list):
        return [exact(item) if type(item) in _HOLDS_NUMBERS else item for item in value]
    if isinstance(value, dict):  # asked for each task of each run: most of what it holds is text
        return {key: exact(inner) if type(inner) in _HOLDS_NUMBERS else inner for key, inner in value.items()}
    return value


def _is_double(value: int) -> bool:
    """Whether the digits of the nearest double are those of `value`: PostgreSQL gives large doubles back as such."""
    try:
        return int(Decimal(repr(float(value)))) == value
    except OverflowError:
        return False


def fill(message: Message, value: dict[str, Json]) -> None:
    """Set the fields of a message that their JSON form holds, numbers `exact`. Raises json_format.ParseError.

    ParseDict does what is neither text, nor the name of a constant, nor free-form: it takes ten times as long.
    """
    setters = _setters(message.DESCRIPTOR)
    rest = {}
    for name, inner in value.items():
        setter = setters.get(name)
        if setter is None or not setter(message, name, inner):
            rest[name] = inner
    if rest or not value:
        json_format.ParseDict(exact(rest), message)


Setter = Callable[[Message, str, Json], bool]
"""Sets a field to a value, or answers that it is not for it to do."""


@cache
def _setters(descriptor: Descriptor) -> dict[str, Setter]:
    return {field.name: setter for field in descriptor.fields if (setter := _setter(field))}


def _setter(field: FieldDescriptor) -> Setter | None:
    if field.is_repeated:
        return None
    if field.type == FieldDescriptor.TYPE_STRING:
        return _set_text
    if field.enum_type is not None:
        return partial(_set_constant, {value.name: value.number for value in field.enum_type.values})
    is_free = field.message_type is not None and field.message_type.full_name == "google.protobuf.Struct"
    return _set_free if is_free else None


def _set_text(message: Message, name: str, value: Json) -> bool:
    if type(value) is not str:
        return False
    setattr(message, name, value)
    return True


def _set_constant(numbers: Mapping[str, int], message: Message, name: str, value: Json) -> bool:
    number = numbers.get(value) if type(value) is str else None
    if number is None:
        return False
    setattr(message, name, number)
    return True


def _set_free(message: Message, name: str, value: Json) -> bool:
    if type(value) is not dict:
        return False
    struct = getattr(message, name)
    struct.Clear()  # which makes it present, should it be empty
    try:
        _fill_struct(struct, value, DEEPEST_QUICK)
    except (_NotQuick, TypeError, ValueError):
        struct.Clear()
        return False
    return True


class _NotQuick(Exception):
    """ParseDict knows what to do with this, or what is wrong with it."""


def _fill_struct(struct: Any, value: dict[str, Json], levels: int) -> None:  # Any: a Struct of either runtime
    fields = struct.fields
    for key, inner in value.items():
        _fill_value(fields[key], inner, levels)


def _fill_value(target: Any, value: Json, levels: int) -> None:  # Any: as above, a Value
    kind = type(value)
    if kind is str:
        target.string_value = value
    elif kind is bool:
        target.bool_value = value
    elif value is None:
        target.null_value = 0
    elif kind is int and abs(value) <= LARGEST_EXACT:
        target.number_value = value
    elif kind is dict and levels:
        target.struct_value.SetInParent()
        _fill_struct(target.struct_value, value, levels - 1)
    elif kind is list and levels:
        target.list_value.SetInParent()
        for item in value:
            _fill_value(target.list_value.values.add(), item, levels - 1)
    elif kind is float and isfinite(value):
        target.number_value = value
    else:
        raise _NotQuick


def _with_sorted_maps(
    descriptor: Any, value: dict[str, Json]
) -> dict[str, Json]:  # Any: a Descriptor of either runtime
    if descriptor.full_name.startswith("google.protobuf."):
        return value
    for name, inner in value.items():
        target = descriptor.fields_by_name[name].message_type
        if target is None:
            continue
        if target.GetOptions().map_entry:
            entry = target.fields_by_name["value"].message_type
            value[name] = {key: _with_sorted_maps(entry, inner[key]) if entry else inner[key] for key in sorted(inner)}
        elif isinstance(inner, list):
            value[name] = [_with_sorted_maps(target, item) for item in inner]
        elif isinstance(inner, dict):
            _with_sorted_maps(target, inner)
    return value
