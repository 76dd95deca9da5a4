"""Messages as JSON, the way specs are stored and compared."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from apps.resources.kind import Json


def to_json(message: Message) -> dict[str, Json]:
    """The contract's JSON form with original field names; the keys of maps, which have no order, sorted."""
    return _with_sorted_maps(message.DESCRIPTOR, json_format.MessageToDict(message, preserving_proto_field_name=True))


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
