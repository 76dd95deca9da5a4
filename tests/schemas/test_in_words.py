"""What a resource is, in words."""

from __future__ import annotations

import json

from apps.schemas.in_words import declared_input
from apps.shared.annotations import INPUT_SCHEMA


def test_the_declared_input_is_told_name_by_name() -> None:
    schema = {
        "type": "object",
        "$defs": {"day": {"type": "string", "description": "Which\n day"}},
        "properties": {
            "day": {"$ref": "#/$defs/day"},
            "amount": {"type": ["number", "null"], "default": None},
            "how": {"enum": ["fast", "slow"], "default": "slow"},
            "rest": {},
        },
        "required": ["day"],
    }
    assert declared_input({INPUT_SCHEMA: json.dumps(schema)}).splitlines() == [
        "day  text, required  Which day",
        "amount  null or a number; null unless given",
        'how  one of "fast", "slow"; "slow" unless given',
        "rest  anything",
    ]
    assert declared_input({INPUT_SCHEMA: '{"minProperties": 1, "type": "object"}'}) == "minProperties: 1\ntype: object"
    assert declared_input({INPUT_SCHEMA: "nothing"}) == declared_input({}) == ""
