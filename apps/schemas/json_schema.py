"""JSON Schema (draft 2020-12) of a kind's manifest, for editors: made from the contract's descriptors.

Names are offered in snake_case; the contract's camelCase is taken, too, as `apply -f` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from apps.schemas.beyond import FIELDS, MAY_BE_EXPRESSIONS, NOT_REQUIRED
from apps.schemas.comments import comment_of
from apps.schemas.fields import MANIFEST, SCALARS, STRUCT, TASK, map_value, values_of
from apps.schemas.rules import as_schema, rules_of
from apps.schemas.task_configs import CONFIGS, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import Descriptor

Json = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(message: Descriptor) -> Json:
    """The schema of a kind's manifest."""
    definitions: dict[str, Json] = {}
    envelope = [field for field in message.fields if field.json_name in MANIFEST]
    whole = _object(envelope, definitions)
    return {
        "$schema": DRAFT,
        "title": message.name,
        "description": comment_of(message.full_name),
        **whole,
        "$defs": definitions,
    }


def _object(fields: Iterable[FieldDescriptor], definitions: dict[str, Json]) -> Json:
    found = list(fields)
    schema: Json = {
        "type": "object",
        "properties": {_name(field): _field(field, definitions) for field in found},
        "additionalProperties": False,
    }
    others = [other for field in found for other in {field.name, field.json_name} - {_name(field)}]
    if others:
        schema["patternProperties"] = {f"^({'|'.join(sorted(others))})$": {}}
    else:
        schema["required"] = [_name(field) for field in found if _is_required(field)]
    return {key: value for key, value in schema.items() if value != []}


def _is_required(field: FieldDescriptor) -> bool:
    return rules_of(field).is_required and field.full_name not in NOT_REQUIRED


def _name(field: FieldDescriptor) -> str:
    """As it is offered: `apiVersion`, as every manifest begins, and everything else in snake_case."""
    return field.json_name if field.name == "api_version" else field.name


def _field(field: FieldDescriptor, definitions: dict[str, Json]) -> Json:
    rules = rules_of(field)
    comment = comment_of(field.full_name)
    said: Json = {"description": comment} if comment else {}
    if each := map_value(field):
        return {**said, "type": "object", "additionalProperties": _one(each, {}, definitions)}
    value = _one(field, as_schema(rules.of_value), definitions)
    if field.full_name in MAY_BE_EXPRESSIONS:
        value = {"anyOf": [value, {"type": "string"}]}
    if field.is_repeated:
        return {**said, "type": "array", "items": value, **as_schema(rules.of_list)}
    return {**value, **said}


def _one(field: FieldDescriptor, rules: Json, definitions: dict[str, Json]) -> Json:
    """The schema of one value of a field."""
    if field.message_type is not None:
        return _message(field.message_type, definitions)
    if field.enum_type is not None:
        names = values_of(field.enum_type)
        return {
            "enum": [
                *names,
                *(f"{PREFIX}{name}" for name in names if f"{PREFIX}{name}" in field.enum_type.values_by_name),
            ]
        }
    return {"type": SCALARS.get(field.type, "integer").replace("bytes", "string"), **rules}


def _message(message: Descriptor, definitions: dict[str, Json]) -> Json:
    if message.full_name == STRUCT:
        return {"type": "object"}
    if message.full_name.startswith("google.protobuf."):
        return {}
    name = message.full_name.removeprefix("ai.stigmer.")
    if name not in definitions:
        definitions[name] = {}  # a message may hold itself
        made = _object(message.fields, definitions)
        for each in FIELDS.get(message.full_name, ()):
            first, *others = each.name.split("_")
            made["properties"][each.name] = {"description": each.meaning, **each.schema}
            if others:
                made.setdefault("patternProperties", {})[f"^{first}{''.join(map(str.title, others))}$"] = {}
        if message.full_name == TASK:
            made["allOf"] = [_config(kind, config, definitions) for kind, config in CONFIGS.items()]
        definitions[name] = {"description": comment_of(message.full_name), **made}
    return {"$ref": f"#/$defs/{name}"}


def _config(kind: str, config: Descriptor, definitions: dict[str, Json]) -> Json:
    """What `task_config` holds in a task of this kind."""
    held = _message(config, definitions)
    return {
        "if": {"properties": {"kind": {"enum": [kind, f"{PREFIX}{kind}"]}}, "required": ["kind"]},
        "then": {"properties": {"task_config": held, "taskConfig": held}},
    }
