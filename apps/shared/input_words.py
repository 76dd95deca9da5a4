"""What is wrong with a value of an input, in words: those of its schema, and never the value, which may be a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

LONGEST = 200
"""Characters of a complaint."""


def refusal(error: Any) -> str:  # Any: jsonschema's errors have no type of their own
    """The words for what a validator of jsonschema has found; its own for keywords without a row here."""
    words = WORDS.get(error.validator)
    said = words(error.validator_value) if words else str(error.message)
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _json(value: Any) -> str:  # Any: whatever JSON holds
    return json.dumps(value, ensure_ascii=False)


def _at_least(one: str, many: str) -> Callable[[int], str]:
    return lambda count: f"must have at least {count} {one if count == 1 else many}"


def _at_most(one: str, many: str) -> Callable[[int], str]:
    return lambda count: f"must have at most {count} {one if count == 1 else many}"


WORDS: dict[str, Callable[[Any], str]] = {
    "enum": lambda values: f"must be one of {', '.join(map(_json, values))}",
    "const": lambda value: f"must be {_json(value)}",
    "minLength": _at_least("character", "characters"),
    "maxLength": _at_most("character", "characters"),
    "minItems": _at_least("item", "items"),
    "maxItems": _at_most("item", "items"),
    "minProperties": _at_least("field", "fields"),
    "maxProperties": _at_most("field", "fields"),
    "uniqueItems": lambda _: "must not have an item twice",
    "minimum": lambda limit: f"must be at least {_json(limit)}",
    "maximum": lambda limit: f"must be at most {_json(limit)}",
    "exclusiveMinimum": lambda limit: f"must be more than {_json(limit)}",
    "exclusiveMaximum": lambda limit: f"must be less than {_json(limit)}",
    "multipleOf": lambda step: f"must be a multiple of {_json(step)}",
    "pattern": lambda pattern: f"must match {pattern}",
}
"""By keyword of JSON Schema: what its value asks for."""
