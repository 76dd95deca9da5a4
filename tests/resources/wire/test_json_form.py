"""Filling messages from their JSON form, the quick way, as protobuf's own does it."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from stigmer_proto.agentic.workflowexecution.v1.api_pb2 import WorkflowTask
from stigmer_proto.controlplane.v1.executions_pb2 import ExecutionEvent

from apps.resources.errors import InvalidInput, Violation
from apps.resources.wire.json_form import fill, to_json


def nested(levels: int) -> Any:
    return [{"in": nested(levels - 1)}] if levels else "the end"


TASKS: list[dict[str, Any]] = [
    {},
    {"task_id": "/a", "task_name": "ä \u2028"},
    {"task_id": "", "task_name": None},
    {"task_id": "/a", "status": "WORKFLOW_TASK_COMPLETED", "input": {"n": 1.5, "list": [None, True, {}]}},
    {"taskId": "/camel", "output": {}, "error": "no"},
    {"status": 3, "task_type": None, "metadata": {"a": {}, "b": [], "c": [[], {"d": [None]}], "": ""}},
    {"input": {"numbers": [0, -1, 2**53, -(2**53), 1e300, 0.1, True, False]}, "output": None},
    {"input": {"some": nested(10)}, "output": {"more": nested(15)}},
]


@pytest.mark.parametrize("data", TASKS)
def test_a_message_is_filled_as_protobuf_fills_it(data: dict[str, Any]) -> None:
    quick, plain = WorkflowTask(), WorkflowTask()
    fill(quick, data)
    json_format.ParseDict(data, plain)
    assert quick == plain


@pytest.mark.parametrize("data", [{}, {"a": "b"}])
def test_what_is_filled_is_there(data: dict[str, Any]) -> None:
    event = ExecutionEvent()
    fill(event.output, data)
    assert event.WhichOneof("change") == "output"
    assert event.output == json_format.ParseDict(data, struct_pb2.Struct())


@pytest.mark.parametrize(
    "data",
    [
        {"task_id": 3},
        {"task_id": ["a"]},
        {"none": "such"},
        {"status": "NONE_SUCH"},
        {"status": ["NONE_SUCH"]},
        {"input": "text"},
        {"input": {"half": "\ud800"}},
        {"input": {"deep": nested(200)}},
    ],
)
def test_what_does_not_fit_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(json_format.ParseError):
        fill(WorkflowTask(), data)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_know_is_named(number: float) -> None:
    """A free-form value that is the whole message is refused in another way than one inside a message."""
    whole = struct_pb2.Value()
    whole.list_value.values.add().bool_value = True
    whole.list_value.values.add().number_value = number
    struct = struct_pb2.Struct()
    struct.fields["n"].number_value = number
    inside = WorkflowTask(input=struct)
    for message, place in ((whole, "data[1]"), (struct, "data.n"), (inside, "data.input.n")):
        with pytest.raises(InvalidInput) as refused:
            to_json(message, "data")
        assert refused.value.violations == [Violation(place, "must be a finite number")]
