"""Conversations out of what was recorded of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.agents.runtime.models.base import Answer, CallRequest, Human, Kept, Message, ToolResult
from apps.agents.runtime.recorder import CallRecord
from apps.resources.caller import SYSTEM
from apps.resources.executions.event_base import Event
from apps.resources.executions.events import (
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    OutputSet,
    PhaseChanged,
    SignalChanged,
    StatusReplaced,
    TaskChanged,
    TextAppended,
    ToolCalled,
    WaitingChanged,
    event_of,
)
from apps.resources.executions.model import ExecutionEvent
from apps.resources.executions.queries import recorded_events
from apps.resources.json_value import Json
from apps.resources.registry import AGENT_EXECUTION

NO_RESULT = "No result: the run ended before this call did."


@dataclass
class Said:
    """One recorded message. One by a model that `is_ended` is whole; its calls come in the order they were made."""

    speaker: str
    text: str
    is_ended: bool = False
    calls: dict[str, CallRecord] = field(default_factory=dict)
    metadata: dict[str, Json] = field(default_factory=dict)
    response: dict[str, Json] | None = None
    """What the model's provider may want to see again of it."""

    @property
    def kept(self) -> Kept | None:
        return None if self.response is None else Kept(self.metadata.get("model", ""), self.response)

    @property
    def tokens(self) -> int:
        return int(self.metadata.get("input_tokens", 0) + self.metadata.get("output_tokens", 0))


def recorded(execution_id: str) -> list[Said]:
    """The messages of a run, as its events tell them. As SYSTEM: whoever asks has chosen the run by what it may see."""
    return said_in(recorded_events(AGENT_EXECUTION, execution_id, SYSTEM))


def said_in(rows: Iterable[ExecutionEvent]) -> list[Said]:
    """The messages that the events of a run tell of. Raises UnknownEvent."""
    said: list[Said] = []
    for event in map(event_of, rows):
        if not isinstance(event, SILENT):
            READERS[type(event)](said, event)
    return said


def _message(said: list[Said], event: MessageAdded) -> None:
    said.append(Said(event.speaker, event.content))


def _text(said: list[Said], event: TextAppended) -> None:
    said[event.index].text += event.text


def _ended(said: list[Said], event: MessageEnded) -> None:
    said[event.index].is_ended = True
    said[event.index].metadata, said[event.index].response = event.metadata, event.response


def _dropped(said: list[Said], event: MessagesDropped) -> None:
    del said[event.index :]


def _tool_call(said: list[Said], event: ToolCalled) -> None:
    if 0 <= event.message_index < len(said):
        said[event.message_index].calls[event.id] = _record(event)


def _replaced(said: list[Said], event: StatusReplaced) -> None:
    """What a runner outside this control plane reported: whole lists."""
    for part, _ in event.parts():
        if not isinstance(part, SILENT):
            READERS[type(part)](said, part)
    for each in said:
        each.is_ended = True


def _record(event: ToolCalled) -> CallRecord:
    return CallRecord(
        id=event.id,
        name=event.name,
        arguments=event.arguments,
        message_index=event.message_index,
        server=event.server,
        status=event.status,
        result=event.result,
        error=event.error,
        started_at=event.started_at,
        completed_at=event.completed_at,
        metadata=event.metadata,
        complaint=event.error if event.status == "PENDING" else "",
    )


READERS: dict[type[Event], Callable[[list[Said], Any], None]] = {  # Any: an event of that class
    MessageAdded: _message,
    TextAppended: _text,
    MessageEnded: _ended,
    MessagesDropped: _dropped,
    ToolCalled: _tool_call,
    StatusReplaced: _replaced,
}
SILENT = (PhaseChanged, TaskChanged, WaitingChanged, SignalChanged, OutputSet)
"""Events that say nothing in a conversation."""


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
            messages.append(Answer(each.text, tuple(request_of(call) for call in calls), each.kept))
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
    if not isinstance(message, Answer):
        return len(message.text)
    calls = sum(len(call.name) + len(call.arguments) for call in message.calls)
    return len(message.text) + calls + (message.kept.size if message.kept else 0)
