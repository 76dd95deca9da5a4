"""Stored envelopes as text that two versions of can be compared line by line."""

from __future__ import annotations

from typing import Any

from apps.resources.admin.yaml_text import to_yaml
from apps.resources.base import Revision
from apps.resources.json_value import Json
from apps.resources.registry import BY_NAME

Descriptor = Any  # protobuf's, of which there are two implementations with a type each
FieldDescriptor = Any  # as above

SHOWN = ("name", "slug", "org", "labels", "annotations", "tags")


def snapshot_yaml(row: Revision) -> str:
    """What the user wanted then: metadata without ids and versions, and the spec, secrets masked."""
    # Generated messages and the validator come along with it: only pages of history need them.
    from apps.resources.wire.codec import message_class
    from apps.resources.wire.json_form import to_json

    kind = BY_NAME.get(row.kind)
    if kind is None:
        return ""
    message = message_class(kind).FromString(bytes(row.snapshot))
    envelope = in_order(message.DESCRIPTOR, to_json(message))
    metadata = envelope.get("metadata", {})
    kept = {key: metadata[key] for key in SHOWN if key in metadata}
    return to_yaml({"metadata": kept, "spec": envelope.get("spec")})


def in_order(descriptor: Descriptor, value: Json) -> Json:
    """Fields as the contract lists them, keys of maps by name: maps come in any order from a message."""
    if not isinstance(value, dict) or descriptor.full_name.startswith("google.protobuf."):
        return _sorted(value)
    return {field.name: _field_in_order(field, value[field.name]) for field in descriptor.fields if field.name in value}


def _field_in_order(field: FieldDescriptor, value: Json) -> Json:
    target = field.message_type
    if target is None:
        return value
    if target.GetOptions().map_entry:
        inner = target.fields_by_name["value"]
        return {key: _field_in_order(inner, value[key]) for key in sorted(value)}
    if field.is_repeated:
        return [in_order(target, item) for item in value]
    return in_order(target, value)


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
