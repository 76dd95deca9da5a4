"""The JSON form of a protobuf message in an order of its own: a message keeps none for maps and free-form objects."""

from __future__ import annotations

from typing import Any

# protobuf's, of which there are two implementations with a type each.
Descriptor = Any
FieldDescriptor = Any


def is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def in_order(value: Any, descriptor: Descriptor | None, *, by_declaration: bool = False) -> Any:  # Any: JSON
    """`value`, the JSON form of a message of `descriptor`, with the keys of maps and free-form objects sorted.

    Fields, by either of their names, stay in the order that they have; with `by_declaration` they come as the
    contract lists them.
    """
    if descriptor is None or descriptor.full_name.startswith("google.protobuf."):
        return _sorted(value)
    if isinstance(value, list):
        return [in_order(item, descriptor, by_declaration=by_declaration) for item in value]
    if descriptor.GetOptions().map_entry:
        inner = descriptor.fields_by_name["value"].message_type
        return {key: in_order(value[key], inner, by_declaration=by_declaration) for key in sorted(value)}
    fields = {name: field.message_type for field in descriptor.fields for name in (field.name, field.json_name)}
    names = [name for name in fields if name in value] if by_declaration else value
    return {name: in_order(value[name], fields[name], by_declaration=by_declaration) for name in names}


def _sorted(value: Any) -> Any:  # Any: JSON
    """`value` with the keys of every object in it sorted."""
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return {key: _sorted(value[key]) for key in sorted(value)} if isinstance(value, dict) else value
