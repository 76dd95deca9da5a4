"""The texts and numbers inside a message, whatever its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from google.protobuf.message import Message

from apps.resources.errors import InvalidInput, Violation
from apps.shared.message_json import is_map

FREE_FORM = {"google.protobuf.Value", "google.protobuf.Struct", "google.protobuf.ListValue"}
"""Their own field names are no part of a path in JSON."""

AnyMessage = TypeVar("AnyMessage", bound=Message)
Scalar = str | bytes | int | float | bool


def scalars(message: Any, path: str = "") -> Iterator[tuple[str, Scalar]]:  # Any: each class has fields of its own
    """Every value inside `message` that holds no other, with its place in JSON; keys of maps stand at theirs."""
    is_free_form = message.DESCRIPTOR.full_name in FREE_FORM
    for field, value in message.ListFields():
        place = path if is_free_form else f"{path}.{field.name}" if path else field.name
        if is_map(field):
            for key, inner in value.items():
                # A free-form object has a name for what is in it, if only it is a name.
                at = f"{place}.{key}" if is_free_form and key.isprintable() else f'{place}["{key}"]'
                yield at, key
                yield from _inside(inner, at)
        elif field.is_repeated:
            for index, inner in enumerate(value):
                yield from _inside(inner, f"{place}[{index}]")
        else:
            yield from _inside(value, place)


def _inside(value: Any, place: str) -> Iterator[tuple[str, Scalar]]:  # Any: a message or a scalar
    if isinstance(value, Message):
        yield from scalars(value, place)
    else:
        yield place, value


def read_message(message_class: type[AnyMessage], data: bytes) -> AnyMessage:
    """The message that `data` is.

    Raises DecodeError for bytes that are none, and InvalidInput for a text with a NUL in it: PostgreSQL keeps none,
    and what one database refuses, no database takes.
    """
    message = message_class.FromString(data)
    if b"\0" in data:
        places = dict.fromkeys(place for place, value in scalars(message) if isinstance(value, str) and "\0" in value)
        if places:
            raise InvalidInput(Violation(place.replace("\0", r"\0"), HAS_NUL) for place in places)
    return message


HAS_NUL = "has the character NUL (U+0000) in it, which no text may have: leave it out, or write base64"
