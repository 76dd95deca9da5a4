"""Messages as JSON, the way specs are stored and compared."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.wire.scalars import scalars

LARGEST_EXACT = 2**53
_HOLDS_NUMBERS = (int, list, dict)


def to_json(message: Message, place: str = "") -> dict[str, Json]:
    """The contract's JSON form with original field names; the keys of maps, which have no order, sorted.

    Raises InvalidInput for what JSON cannot say; `place` is where the message stands.
    """
    try:
        value = json_format.MessageToDict(message, preserving_proto_field_name=True)
    except json_format.SerializeToJsonError:
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
    """Set the fields of a message that their JSON form holds, numbers `exact`. Raises json_format.ParseError."""
    texts = _text_fields(message.DESCRIPTOR)
    rest = {}
    for name, inner in value.items():
        if name in texts and type(inner) is str:
            setattr(message, name, inner)  # a tenth of the time that ParseDict takes, and most fields are texts
        else:
            rest[name] = inner
    if rest or not value:
        json_format.ParseDict(exact(rest), message)


@cache
def _text_fields(descriptor: Descriptor) -> frozenset[str]:
    return frozenset(
        field.name for field in descriptor.fields if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated
    )


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
