"""What a program declares of a workflow's input becomes a JSON Schema."""

import json
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any, Literal, NotRequired, TypedDict

import pytest
from stigmer import Workflow
from stigmer.errors import DefinitionError
from stigmer.input_schema import ANNOTATION

NUMBERS = count()


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Item:
    name: str
    count: int = 1


@dataclass
class Order:
    day: str
    items: list[Item]
    size: Size = Size.SMALL
    note: str | None = None
    tags: dict[str, float] = field(default_factory=dict)


class Report(TypedDict):
    day: str
    kind: NotRequired[Literal["daily", "weekly"]]


class Model:
    """As pydantic has it."""

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        return {"type": "object", "properties": {"a": {"type": "integer"}}}


def declared(input: object) -> Any:  # noqa: A002
    workflow = Workflow(f"flow-{next(NUMBERS)}", input=input)
    workflow.set("one", a=1)
    return json.loads(workflow.to_message().metadata.annotations[ANNOTATION])


def test_a_dataclass_with_all_that_it_holds() -> None:
    item = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "count": {"type": "integer", "default": 1}},
        "required": ["name"],
        "additionalProperties": False,
    }
    assert declared(Order) == {
        "type": "object",
        "properties": {
            "day": {"type": "string"},
            "items": {"type": "array", "items": item},
            "size": {"enum": ["small", "large"], "default": "small"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "tags": {"type": "object", "additionalProperties": {"type": "number"}, "default": {}},
        },
        "required": ["day", "items"],
        "additionalProperties": False,
    }


def test_a_typed_dict() -> None:
    found = declared(Report)
    assert found["properties"] == {"day": {"type": "string"}, "kind": {"enum": ["daily", "weekly"]}}
    assert found["required"] == ["day"]


def test_a_pydantic_model_and_a_schema_as_they_are() -> None:
    assert declared(Model) == declared(Model.model_json_schema()) == Model.model_json_schema()


@dataclass
class Odd:
    what: complex


@pytest.mark.parametrize(
    ("input", "complaint"),
    [
        ("text", "must be a dataclass, a TypedDict, a pydantic model or a JSON Schema"),
        (Odd, "has a field of <class 'complex'>"),
        ({"type": "array"}, "must describe an object"),
        ({"properties": {"a": {1, 2}}}, "is not JSON"),
    ],
)
def test_what_declares_no_object_is_refused_at_its_line(input: object, complaint: str) -> None:  # noqa: A002
    with pytest.raises(DefinitionError, match="input") as refused:
        Workflow("flow", input=input)
    assert complaint in str(refused.value)
