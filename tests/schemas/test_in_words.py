"""What a resource is, in words."""

from __future__ import annotations

import json

from apps.schemas.in_words import declared_input, tasks, values
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


def test_an_environment_tells_which_of_its_values_are_missing() -> None:
    data = {
        "TOKEN": {"is_secret": True, "value": "********", "description": "Of the shop"},
        "OTHER": {"is_secret": True},
        "REGION": {"value": "eu"},
        "NOTE": {},
    }
    assert values(data).splitlines() == [
        "NOTE  empty",
        "OTHER  secret, without a value yet",
        "REGION  = eu",
        "TOKEN  secret  Of the shop",
    ]


def test_tasks_tell_where_they_lead() -> None:
    cases = [{"name": "few", "when": "${ .n < 3 }", "then": "order"}, {"name": "default", "then": "exit"}]
    found = [
        {"name": "look", "kind": "SWITCH", "task_config": {"cases": cases}},
        {"name": "order", "kind": "SET", "task_config": {"variables": {"n": 1}}, "flow": {"then": "end"}},
        {"name": "rest", "kind": "WORKFLOW_TASK_KIND_LISTEN", "flow": {"then": "look"}},
    ]
    assert tasks(found).splitlines() == [
        "look  SWITCH  order if few, else exit",
        "order  SET  n, then end",
        "rest  LISTEN  then look",
    ]
