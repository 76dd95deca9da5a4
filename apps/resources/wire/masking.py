"""Finding secret values inside specs, whatever the kind.

A secret value is a `value` beside `is_secret = true` in a message of the contract's environment types.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from apps.shared.masking import MASK
from apps.shared.message_json import is_map

VALUE_TYPES = {
    "ai.stigmer.agentic.environment.v1.EnvironmentValue",
    "ai.stigmer.agentic.executioncontext.v1.ExecutionValue",
}


def mask_secrets(message: Message, path: str) -> dict[str, str]:
    """Replace every secret value inside `message` by the mask and return what stood there, by path.

    A value that already was the mask is returned as such: its writer wants to keep what is stored.
    """
    found = {}
    for place, holder in _holders(message, path):
        if holder.is_secret and holder.value:
            found[place] = holder.value
            holder.value = MASK
    return found


def declared_secrets(message: Message, path: str) -> tuple[str, ...]:
    """Places of secrets that have no value."""
    return tuple(place for place, holder in _holders(message, path) if holder.is_secret and not holder.value)


def put_masks(message: Message, path: str, places: Collection[str]) -> None:
    """Have the mask stand as the value at these places."""
    for place, holder in _holders(message, path):
        if place in places:
            holder.value = MASK


def bare_masks(message: Message, path: str) -> list[str]:
    """Places where the mask stands as a value that is not secret: somebody wants to show what we must not."""
    return [place for place, holder in _holders(message, path) if holder.value == MASK and not holder.is_secret]


def _holders(message: Message, path: str) -> Iterator[tuple[str, Any]]:  # Any: a message of VALUE_TYPES
    """Every message inside `message` that holds a value which may be secret, with its path."""
    if message.DESCRIPTOR.full_name in VALUE_TYPES:
        yield path, message
        return
    for field in _fields_to_search(message.DESCRIPTOR):
        yield from _field_holders(message, field, path)


def _field_holders(message: Message, field: FieldDescriptor, path: str) -> Iterator[tuple[str, Any]]:  # Any: as above
    value, place = getattr(message, field.name), f"{path}.{field.name}"
    if is_map(field):
        for key in sorted(value):
            yield from _holders(value[key], f'{place}["{key}"]')
    elif field.is_repeated:
        for index, item in enumerate(value):
            yield from _holders(item, f"{place}[{index}]")
    elif message.HasField(field.name):
        yield from _holders(value, place)


@cache
def _fields_to_search(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields through which a value type can be reached."""
    return tuple(field for field in descriptor.fields if _reaches_value(field, frozenset()))


def _reaches_value(field: FieldDescriptor, seen: frozenset[str]) -> bool:
    target = field.message_type
    if target is None or target.full_name in seen:
        return False
    if target.full_name in VALUE_TYPES:
        return True
    return any(_reaches_value(inner, seen | {target.full_name}) for inner in target.fields)
