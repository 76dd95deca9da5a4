"""Declared input: what texts stand for, what is filled in, and what is wrong with the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.shared.input_schema import Complaint, NotASchema, complete, read_schema


def schema(**properties: Any) -> dict[str, Any]:  # Any: whatever JSON holds
    return read_schema(json.dumps({"type": "object", "properties": properties}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON Schema"),
        ('{"type": "text"}', "is no JSON Schema at type"),
        ('{"properties": {"a": {"minimum": "x"}}}', "is no JSON Schema at properties.a.minimum"),
        ('{"type": "array"}', "must describe an object"),
        ('{"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}}', "refers to 'http://127.0.0.1:9/a.json'"),
        ('{"properties": {"a": {"$ref": "#/$defs/none"}}}', "which is not in it"),
        ('{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}', "refers to itself"),
    ],
)
def test_a_schema_that_is_none_is_refused_with_the_place(text: str, complaint: str) -> None:
    with pytest.raises(NotASchema) as refused:
        read_schema(text)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ({"type": "string"}, "7", "7"),
        ({}, "7", "7"),
        ({"type": "integer"}, "7", 7),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "boolean"}, "true", True),
        ({"type": "array"}, "[1]", [1]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "null", None),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "7", "7"),
        ({"enum": [1, 2]}, "2", 2),
        ({"enum": ["1", "2"]}, "2", "2"),
        ({"$ref": "#/properties/other"}, "7", 7),
    ],
)
def test_a_text_is_what_its_schema_says(declared: dict[str, Any], text: str, value: Any) -> None:  # Any: as above
    assert complete(schema(a=declared, other={"type": "integer"}), {}, {"a": text}) == ({"a": value}, [])


def test_defaults_are_filled_in_at_every_depth_and_never_shared() -> None:
    declared = schema(
        size={"type": "integer", "default": 3},
        order={"type": "object", "properties": {"tags": {"default": ["new"]}}, "default": {}},
    )
    first, _ = complete(declared, {}, {})
    assert first == {"size": 3, "order": {"tags": ["new"]}}
    first["order"]["tags"].append("changed")
    assert complete(declared, {"size": 1}, {})[0] == {"size": 1, "order": {"tags": ["new"]}}


def test_everything_that_is_wrong_is_told_once_with_its_path() -> None:
    declared = {
        "properties": {
            "amount": {"type": "number"},
            "who": {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "integer"}}}},
            "day": {"type": "string"},
        },
        "required": ["day"],
        "additionalProperties": False,
    }
    _, found = complete(read_schema(json.dumps(declared)), {"who": {"ids": [1, "x"]}, "dya": 1}, {"amount": "seven"})
    assert {each.path: each.text for each in found} == {
        ("amount",): "must be a number, got text",
        ("who", "ids", 1): "must be a whole number, got text",
        ("day",): "is required",
        ("dya",): "is not declared; what is: amount, who, day",
    }
    assert len(found) == 4


@pytest.mark.parametrize(
    ("declared", "value", "complaint"),
    [
        ({"enum": ["low", 2, None, True]}, "höher", 'must be one of "low", 2, null, true'),
        ({"enum": list(range(1000))}, "x", f"{'must be one of ' + ', '.join(map(str, range(1000))):.199}…"),
        ({"const": True}, False, "must be true"),
        ({"minLength": 1}, "", "must have at least 1 character"),
        ({"maxLength": 3}, "four", "must have at most 3 characters"),
        ({"minItems": 2}, [1], "must have at least 2 items"),
        ({"uniqueItems": True}, [1, 1], "must not have an item twice"),
        ({"minimum": 0.5}, 0, "must be at least 0.5"),
        ({"exclusiveMaximum": 10}, 10, "must be less than 10"),
        ({"multipleOf": 5}, 7, "must be a multiple of 5"),
        ({"pattern": "^[a-z]+$"}, "A1", "must match ^[a-z]+$"),
        ({"minProperties": 1}, {}, "must have at least 1 field"),
    ],
)
def test_what_a_schema_refuses_is_told_in_words_and_without_the_value(
    declared: dict[str, Any],
    value: Any,  # Any: as above
    complaint: str,
) -> None:
    assert complete(schema(a=declared), {"a": value}, {})[1] == [Complaint(("a",), complaint)]


@pytest.mark.parametrize("text", ["1E400", "NaN", "9" * 5000, "[" * 90_000, "seven", ""])
def test_a_text_that_is_no_number_is_refused(text: str) -> None:
    refused = [Complaint(("a",), "must be a number, got text")]
    assert complete(schema(a={"type": "number"}), {}, {"a": text})[1] == refused
