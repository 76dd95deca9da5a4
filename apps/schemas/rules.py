"""The rules of a field, from the options in the contract: in words, and as JSON Schema says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stigmer_proto.buf.validate import validate_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import FieldDescriptor

NUMBERS = ("int32", "int64", "uint32", "uint64", "float", "double")


class Rules(NamedTuple):
    """`of_value` are those of one value; `of_list` those of the list, where the field is one; all by their names."""

    is_required: bool
    of_value: dict[str, Any]
    of_list: dict[str, Any]


def rules_of(field: FieldDescriptor) -> Rules:
    """What the contract asks of a field."""
    extension: Any = validate_pb2.field  # the stubs do not know whose extension it is
    options = field.GetOptions()
    if not options.HasExtension(extension):
        return Rules(False, {}, {})
    found: Any = options.Extensions[extension]
    items = found.repeated.items if found.HasField("repeated") else found
    return Rules(found.required, dict(_given(items)), dict(_list_rules(found)))


def _given(rules: Any) -> Iterator[tuple[str, Any]]:
    kind = rules.WhichOneof("type")
    if kind not in ("string", *NUMBERS):
        return
    for descriptor, value in getattr(rules, kind).ListFields():
        yield descriptor.name.rstrip("_"), list(value) if descriptor.is_repeated else value


def _list_rules(rules: Any) -> Iterator[tuple[str, Any]]:
    if rules.HasField("repeated"):
        for descriptor, value in rules.repeated.ListFields():
            if descriptor.name != "items":
                yield descriptor.name, value


def in_words(rules: Rules, *, is_required: bool = True) -> Iterator[str]:
    """As a person reads them, one each; `is_required` is false where the engine does without."""
    if rules.is_required and is_required:
        yield "required"
    for name, value in {**rules.of_list, **rules.of_value}.items():
        if name in WORDS:
            yield WORDS[name].format(", ".join(value) if isinstance(value, list) else value)


WORDS = {
    "min_len": "at least {} characters",
    "max_len": "at most {} characters",
    "pattern": "matches {}",
    "in": "one of {}",
    "const": "always {}",
    "uri": "an absolute address",
    "gte": "at least {}",
    "lte": "at most {}",
    "gt": "more than {}",
    "lt": "less than {}",
    "min_items": "at least {} of them",
    "max_items": "at most {} of them",
    "unique": "none twice",
}
SCHEMA = {
    "min_len": "minLength",
    "max_len": "maxLength",
    "pattern": "pattern",
    "in": "enum",
    "const": "const",
    "gte": "minimum",
    "lte": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "min_items": "minItems",
    "max_items": "maxItems",
    "unique": "uniqueItems",
}
"""JSON Schema's words for them."""


def as_schema(rules: dict[str, Any]) -> dict[str, Any]:
    """Rules by the keywords of JSON Schema."""
    return {SCHEMA[name]: value for name, value in rules.items() if name in SCHEMA}
