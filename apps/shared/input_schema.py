"""The declared input of a workflow: a JSON Schema, and values read, completed and checked by it.

A schema refers to nothing outside of itself, so nothing is ever fetched.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from apps.shared.input_json import parsed
from apps.shared.input_words import refusal

Json = Any
"""Whatever JSON holds."""
Schema = dict[str, Any]
TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
DEEPEST = 32
"""References followed, schemas entered: one that refers to itself ends."""


class Complaint(NamedTuple):
    """What is wrong with the value at a path of keys and indexes."""

    path: tuple[str | int, ...]
    text: str


class NotASchema(ValueError):
    """A text that declares no input; the message says why."""


def read_schema(text: str) -> Schema:
    """The schema. Raises NotASchema."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotASchema(f"is not JSON: {error}") from None
    if not isinstance(schema, dict):
        raise NotASchema("must be a JSON Schema: an object")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        raise NotASchema(f"is no JSON Schema{f' at {place[1:]}' if place else ''}: {error.message[:200]}") from None
    if schema.get("type", "object") != "object":
        raise NotASchema('must describe an object: {"type": "object", "properties": {...}}')
    for reference in _references(schema):
        if _resolved(reference, schema) is None:
            raise NotASchema(f"refers to {reference[:80]!r}, which is not in it")
        if not _ends(reference, schema):
            raise NotASchema(f"{reference[:80]!r} refers to itself")
    return schema


def complete(
    schema: Schema, typed: Mapping[str, Json], texts: Mapping[str, str]
) -> tuple[dict[str, Json], list[Complaint]]:
    """The values with what `texts` stand for and with defaults, and everything that is wrong with them."""
    values, complaints = dict(typed), []
    for name, text in texts.items():
        try:
            values[name] = _meant(text, _property(schema, name), schema)
        except ValueError as error:
            complaints.append(Complaint((name,), str(error)))
            values[name] = text
    _fill(values, schema, schema, DEEPEST)
    complained = {complaint.path for complaint in complaints}
    try:
        complaints += [each for each in _violations(values, schema) if each.path not in complained]
    except RecursionError:
        complaints.append(Complaint((), "is nested too deeply for its schema"))
    return values, complaints


def declared_types(declared: Json, root: Schema) -> set[str]:
    """The types that a schema lets through, as far as it says; none where it says nothing."""
    return _types(declared, root, DEEPEST)


def resolved(declared: Json, root: Schema) -> Schema:
    """A schema without the reference that it may be; what stands beside the reference stays."""
    found = declared if isinstance(declared, dict) else {}
    for _ in range(DEEPEST):
        if "$ref" not in found:
            break
        there = _resolved(found["$ref"], root)
        rest = {key: value for key, value in found.items() if key != "$ref"}
        found = {**(there if isinstance(there, dict) else {}), **rest}
    return found


def _violations(values: dict[str, Json], schema: Schema) -> Iterator[Complaint]:
    found = _validator_of(schema).iter_errors(values)
    for error in sorted(found, key=lambda error: [str(step) for step in error.absolute_path]):
        path = tuple(error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield from (Complaint((*path, name), "is required") for name in missing)
        elif error.validator == "additionalProperties" and isinstance(error.schema, dict):
            known = error.schema.get("properties", {})
            unknown = [name for name in error.instance if name not in known]
            yield from (Complaint((*path, name), _unknown(known)) for name in unknown)
        elif error.validator == "type":
            yield Complaint(path, f"must be {_in_words(error.validator_value)}, got {_type_of(error.instance)}")
        else:
            yield Complaint(path, refusal(error))


def _validator_of(schema: Schema) -> Any:  # Any: jsonschema's validators have no type of their own
    """The last one is kept: thousands of inputs in a row may be for one schema, and it costs more than its use."""
    found = _last[0] if _last else None
    if found is None or found[0] is not schema:
        from jsonschema import Draft202012Validator
        from referencing import Registry

        # An empty registry: without one, jsonschema would fetch what a reference names.
        found = schema, Draft202012Validator(schema, registry=Registry())
        _last[:] = [found]
    return found[1]


_last: list[tuple[Schema, Any]] = []


def _unknown(known: Mapping[str, Json]) -> str:
    return f"is not declared; what is: {', '.join(known) or 'nothing'}"


def _meant(text: str, declared: Schema, root: Schema) -> Json:
    """What a text stands for: itself, unless its schema says number, boolean, object or array. Raises ValueError."""
    types = _types(declared, root, DEEPEST)
    if not types or "string" in types:
        return text
    try:
        return parsed(text)
    except ValueError:
        raise ValueError(f"must be {_in_words(sorted(types))}, got text") from None


def _types(declared: Json, root: Schema, depth: int) -> set[str]:
    """The types that a schema lets through, as far as it says; none where it says nothing."""
    if not isinstance(declared, dict) or not depth:
        return set()
    if "$ref" in declared:
        return _types(_resolved(declared["$ref"], root), root, depth - 1)
    if "type" in declared:
        said = declared["type"]
        return {said} if isinstance(said, str) else set(said)
    if "const" in declared or "enum" in declared:
        return {_json_type(value) for value in declared.get("enum", [declared.get("const")])}
    branches = [*declared.get("anyOf", ()), *declared.get("oneOf", ()), *declared.get("allOf", ())]
    return set().union(*(_types(branch, root, depth - 1) for branch in branches))


def _fill(value: Json, declared: Json, root: Schema, depth: int) -> None:
    """Put in what is declared with a default and not given, in objects within objects, too."""
    if not isinstance(declared, dict) or not isinstance(value, dict) or not depth:
        return
    if "$ref" in declared:
        _fill(value, _resolved(declared["$ref"], root), root, depth - 1)
    for part in declared.get("allOf", ()):
        _fill(value, part, root, depth - 1)
    for name, inner in declared.get("properties", {}).items():
        if name not in value and isinstance(inner, dict) and "default" in inner:
            value[name] = copy.deepcopy(inner["default"])
        if name in value:
            _fill(value[name], inner, root, depth - 1)


def _property(schema: Schema, name: str) -> Schema:
    found = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
    return found if isinstance(found, dict) else {}


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _resolved(reference: str, root: Schema) -> Json:
    """What a reference within the schema means; None for any other."""
    found: Json = root
    if not reference.startswith("#"):
        return None
    for step in reference[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found


def _ends(reference: str, root: Schema) -> bool:
    """Whether a chain of references comes to a schema."""
    followed = set()
    found: Json = {"$ref": reference}
    while isinstance(found, dict) and isinstance(found.get("$ref"), str):
        if found["$ref"] in followed:
            return False
        followed.add(found["$ref"])
        found = _resolved(found["$ref"], root)
    return True


def _in_words(types: str | list[str]) -> str:
    return " or ".join(TYPES.get(each, each) for each in ([types] if isinstance(types, str) else types))


def _type_of(value: Json) -> str:
    return TYPES[_json_type(value)]


def _json_type(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    kinds = ((str, "string"), (int, "integer"), (float, "number"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "array")
