"""The one form in which everybody is shown a manifest: names in snake_case, kinds of tasks by their short names.

Command line and pages write the same text. Readers take the contract's camelCase and long names all the same.
"""

from __future__ import annotations

from typing import Any

from apps.schemas.fields import STRUCT, TASK
from apps.schemas.task_configs import CONFIGS, PREFIX
from apps.shared.annotations import GENERATED_AT
from apps.shared.message_json import in_order, is_map
from apps.shared.numbers import whole_numbers
from apps.yaml_text.dump import dump

Json = Any  # plain data
# protobuf's, of which there are two implementations with a type each.
Descriptor = Any
FieldDescriptor = Any
KEPT_BY_THE_SERVER = ("id", "org", "version")


def manifest_of(message: Any) -> dict[str, Json]:  # a generated class
    """What `stigmer apply -f` takes of an envelope: everything but what the server keeps about it."""
    record = plain(message)
    record.pop("status", None)
    metadata = record.get("metadata", {})
    for key in KEPT_BY_THE_SERVER:
        metadata.pop(key, None)
    if metadata.get("owner_scope") == "organization":
        del metadata["owner_scope"]
    annotations = metadata.get("annotations", {})
    if annotations.pop(GENERATED_AT, None) and not annotations:
        del metadata["annotations"]
    head = {"apiVersion": record.pop("api_version")} if "api_version" in record else {}
    return {**head, **record}


def plain(message: Any) -> dict[str, Json]:  # as above
    """A message as plain data in this form; the same every time."""
    from google.protobuf.json_format import MessageToDict

    found = in_order(MessageToDict(message, preserving_proto_field_name=True), message.DESCRIPTOR)
    written: dict[str, Json] = as_written(found, message.DESCRIPTOR)
    return written


def as_written(value: Json, descriptor: Descriptor) -> Json:
    """The JSON form of a message, under either of its fields' names, in this form."""
    if isinstance(value, list):
        return [as_written(each, descriptor) for each in value]
    if not isinstance(value, dict) or descriptor.full_name == STRUCT:
        return value
    fields = {name: field for field in descriptor.fields for name in (field.json_name, field.name)}
    found: dict[str, Json] = {}
    for key, inner in value.items():
        field = fields.get(key)
        name = key if field is None or field.name in value else field.name
        found[name] = inner if field is None else _field(inner, field)
    return _task(found) if descriptor.full_name == TASK else found


def as_yaml(value: Json) -> str:
    """As a manifest is written: block style, lists indented below their key."""
    return dump(whole_numbers(value), indent_lists=True)


def _field(value: Json, field: FieldDescriptor) -> Json:
    if field.message_type is None:
        return value
    if is_map(field):
        inner = field.message_type.fields_by_name["value"].message_type
        is_message = inner is not None and isinstance(value, dict)
        return {key: as_written(each, inner) for key, each in value.items()} if is_message else value
    return as_written(value, field.message_type)


def _task(task: dict[str, Json]) -> dict[str, Json]:
    """Its config is free-form to the contract: its kind says which message it is."""
    kind = task.get("kind")
    if isinstance(kind, str):
        task["kind"] = kind.removeprefix(PREFIX)
        if (config := CONFIGS.get(task["kind"])) is not None and "task_config" in task:
            task["task_config"] = as_written(task["task_config"], config)
    return task
