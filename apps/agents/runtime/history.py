"""Conversations out of what was recorded of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from apps.agents.runtime.models.base import Answer, CallRequest, Human, Message, ToolResult
from apps.agents.runtime.recorder import CallRecord
from apps.resources.executions.model import ExecutionEvent
from apps.resources.json_value import Json

NO_RESULT = "No result: the run ended before this call did."


@dataclass
class Said:
    """One recorded message. One by a model that `is_ended` is whole; its calls come in the order they were made."""

    speaker: str
    text: str
    is_ended: bool = False
    calls: dict[str, CallRecord] = field(default_factory=dict)
    metadata: dict[str, Json] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        return int(self.metadata.get("input_tokens", 0) + self.metadata.get("output_tokens", 0))


def recorded(execution_id: str) -> list[Said]:
    """The messages of a run, as its events tell them."""
    said: list[Said] = []
    for event in ExecutionEvent.objects.filter(execution_id=execution_id).order_by("id"):
        read = READERS.get(event.type)
        if read is not None:
            read(said, event.data)
    return said


def _message(said: list[Said], data: dict[str, Json]) -> None:
    said.append(Said(data["type"], data.get("content", "")))


def _text(said: list[Said], data: dict[str, Json]) -> None:
    said[data["index"]].text += data["text"]


def _ended(said: list[Said], data: dict[str, Json]) -> None:
    said[data["index"]].is_ended = True
    said[data["index"]].metadata = data.get("metadata", {})


def _dropped(said: list[Said], data: dict[str, Json]) -> None:
    del said[data["index"] :]


def _tool_call(said: list[Said], data: dict[str, Json]) -> None:
    if 0 <= data.get("message_index", -1) < len(said):
        said[data["message_index"]].calls[data["id"]] = _record(data)


def _replaced(said: list[Said], data: dict[str, Json]) -> None:
    """What a runner outside this control plane reported: whole lists, in the contract's form."""
    if "messages" in data:
        said[:] = [
            Said(
                message.get("type", "").removeprefix("MESSAGE_"),
                message.get("content", ""),
                is_ended=True,
                calls={call["id"]: _record(call) for call in message.get("tool_calls", [])},
            )
            for message in data["messages"]
        ]


def _record(data: dict[str, Json]) -> CallRecord:
    component, status = data.get("component_metadata", {}), data.get("status", "").removeprefix("TOOL_CALL_")
    return CallRecord(
        id=data["id"],
        name=data.get("name", ""),
        arguments=data.get("args", {}),
        message_index=data.get("message_index", -1),
        server=component.get("component_group", ""),
        status=status,
        result=data.get("result", ""),
        error=data.get("error", ""),
        started_at=data.get("started_at", ""),
        completed_at=data.get("completed_at", ""),
        metadata=component.get("metadata", {}),
        complaint=data.get("error", "") if status == "PENDING" else "",
    )


READERS: dict[str, Callable[[list[Said], dict[str, Json]], None]] = {
    "message": _message,
    "text": _text,
    "ended": _ended,
    "dropped": _dropped,
    "tool_call": _tool_call,
    "replaced": _replaced,
}


def conversation(said: Iterable[Said], *, without: Collection[CallRecord] = ()) -> list[Message]:
    """What a model is shown of recorded messages. Every call gets an answer: providers insist.

    Those in `without` do not: theirs are still to come.
    """
    to_come = {call.id for call in without}
    messages: list[Message] = []
    for each in said:
        if each.speaker == "HUMAN":
            messages.append(Human(each.text))
        elif each.speaker == "AI" and (each.text or each.calls):
            calls = list(each.calls.values())
            messages.append(Answer(each.text, tuple(request_of(call) for call in calls)))
            messages += [result_of(call) for call in calls if call.id not in to_come]
    return messages


def request_of(call: CallRecord) -> CallRequest:
    return CallRequest(call.id, call.name, json.dumps(call.arguments, sort_keys=True))


def result_of(call: CallRecord) -> ToolResult:
    text = call.result if call.status == "COMPLETED" else call.error or NO_RESULT
    return ToolResult(call.id, call.name, text, is_error=call.status != "COMPLETED")


def size(messages: Iterable[Message]) -> int:
    """Characters that a model must read for these."""
    return sum(_size(message) for message in messages)


def _size(message: Message) -> int:
    calls = message.calls if isinstance(message, Answer) else ()
    return len(message.text) + sum(len(call.name) + len(call.arguments) for call in calls)
