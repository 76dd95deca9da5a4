"""ExecutionController: cancelling runs and following their events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import grpc
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import executions_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.run_services import next_events
from apps.resources.api.services import Request, check
from apps.resources.errors import NotFound
from apps.resources.executions import actions, reading, signals
from apps.resources.executions.event_base import Event, timestamp
from apps.resources.executions.event_hub import HUB
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
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import ExecutionEvent, SignalKind
from apps.resources.executions.terminating import terminate
from apps.resources.registry import execution_kind_of
from apps.resources.storage.connections import give_back
from apps.resources.storage.paging import PAGE_BYTES
from apps.resources.wire.codec import pack
from apps.resources.wire.json_form import exact, fill, to_json
from apps.shared.numbers import whole_numbers

LOOK_SECONDS = 0.02
"""Between two looks at whether somebody who waits for it has an answer."""
LAST_EVENT: Final = "stigmer-last-event"
"""A trailer of `follow`, whoever ends it: the number of the last event that was told, with which to go on."""
_SIGNAL_KINDS: Final = {
    executions_pb2.SIGNAL_TYPE_UNSPECIFIED: SignalKind.SIGNAL,
    executions_pb2.SIGNAL_TYPE_SIGNAL: SignalKind.SIGNAL,
    executions_pb2.SIGNAL_TYPE_UPDATE: SignalKind.UPDATE,
    executions_pb2.SIGNAL_TYPE_QUERY: SignalKind.QUERY,
}
Change = Any  # the ExecutionEvent message being filled


class ExecutionService(Service):
    full_name = "ai.stigmer.controlplane.v1.ExecutionController"

    def cancel(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.execution_id)
        actions.request_cancel(kind, request.execution_id, request.reason, self.caller)
        return pack(kind, reading.get_snapshot(kind, request.execution_id, self.caller))

    def terminate(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.execution_id)
        terminate(kind, request.execution_id, request.reason, self.caller)
        return pack(kind, reading.get_snapshot(kind, request.execution_id, self.caller))

    def signal(self, request: Request, context: grpc.ServicerContext) -> executions_pb2.SignalRunResponse:
        check(request)
        kind, run = _kind(request.execution_id), request.execution_id
        wanted = signals.Wanted(
            name=request.name,
            kind=_SIGNAL_KINDS[request.type],
            data=whole_numbers(to_json(request.data, "data")),
            key=request.id,
        )
        key = signals.send(kind, run, wanted, self.caller)
        fate = signals.fate_of(kind, run, key, self.caller)
        if wanted.kind is not SignalKind.SIGNAL and request.wait_seconds:
            gone = threading.Event()
            context.add_callback(gone.set)  # the client goes or the server stops
            until = time.monotonic() + request.wait_seconds
            while not (fate.is_taken or fate.has_ended) and time.monotonic() < until and not gone.wait(LOOK_SECONDS):
                fate = signals.fate_of(kind, run, key, self.caller)
        return _answer_of(fate, wanted.kind)

    def follow(self, request: Request, context: grpc.ServicerContext) -> Iterator[executions_pb2.ExecutionEvents]:
        check(request)
        kind = _kind(request.execution_id)
        with HUB.following(request.execution_id) as inbox:
            context.add_callback(lambda: inbox.put(None))  # wakes us when the client goes or the server stops
            last = request.after
            events: list[ExecutionEvent] | None = reading.events_after(kind, request.execution_id, last, self.caller)
            if not events and reading.has_ended(kind, request.execution_id, self.caller):
                return  # the client has its end already
            give_back()  # a follower may stay for hours
            while events is not None and context.is_active():
                fresh = [event for event in events if event.number > last]
                yield from _in_answers(encode_event(event) for event in fresh)
                if fresh and _is_last(fresh[-1]):
                    return
                last = fresh[-1].number if fresh else last
                if self.caller.renew is not None:  # whose stream may be ended by us, and begun again elsewhere
                    context.set_trailing_metadata(((LAST_EVENT, str(last)),))
                events = next_events(kind, request.execution_id, inbox, self.caller)


def _answer_of(fate: signals.Fate, kind: SignalKind) -> executions_pb2.SignalRunResponse:
    waits = executions_pb2.SIGNAL_STATE_UNUSED if fate.has_ended else executions_pb2.SIGNAL_STATE_KEPT
    answer = executions_pb2.SignalRunResponse(
        id=fate.key,
        number=fate.number,
        state=executions_pb2.SIGNAL_STATE_TAKEN if fate.is_taken else waits,
        task=fate.task,
    )
    if fate.is_taken and kind is not SignalKind.SIGNAL:
        json_format.ParseDict(exact(fate.answer), answer.answer)
    return answer


def _in_answers(events: Iterable[executions_pb2.ExecutionEvent]) -> Iterator[executions_pb2.ExecutionEvents]:
    """Events in as few answers as clients can take."""
    answer, size = executions_pb2.ExecutionEvents(), 0
    for event in events:
        if size and size + event.ByteSize() > PAGE_BYTES:
            yield answer
            answer, size = executions_pb2.ExecutionEvents(), 0
        answer.events.append(event)
        size += event.ByteSize()
    if answer.events:
        yield answer


def encode_event(row: ExecutionEvent) -> executions_pb2.ExecutionEvent:
    message = executions_pb2.ExecutionEvent(id=row.number)
    message.at.FromDatetime(row.at)
    event = event_of(row)
    ENCODERS[type(event)](message, event, row.at)
    return message


def _kind(execution_id: str) -> ExecutionKind:
    kind = execution_kind_of(execution_id)
    if kind is None:
        raise NotFound("execution", execution_id)
    return kind


def _is_last(row: ExecutionEvent) -> bool:
    event = event_of(row)
    return isinstance(event, PhaseChanged) and event.is_last


def _phase(message: Change, event: PhaseChanged, at: datetime) -> None:
    del at
    message.phase.phase, message.phase.error = event.phase.wire_name, event.error


def _message(message: Change, event: MessageAdded, at: datetime) -> None:
    message.message.index = event.index
    inner = message.message.message
    inner.type, inner.content, inner.timestamp = event.speaker.number, event.content, timestamp(at)
    if event.metadata:
        inner.metadata.update(exact(event.metadata))


def _text(message: Change, event: TextAppended, at: datetime) -> None:
    del at
    message.text.index, message.text.text = event.index, event.text


def _ended(message: Change, event: MessageEnded, at: datetime) -> None:
    del at
    message.ended.index = event.index
    message.ended.metadata.update(exact(event.metadata))


def _dropped(message: Change, event: MessagesDropped, at: datetime) -> None:
    del at
    message.dropped.SetInParent()
    message.dropped.index = event.index


def _tool_call(message: Change, event: ToolCalled, at: datetime) -> None:
    del at
    fill(message.tool_call, event.as_contract())


def _waiting(message: Change, event: WaitingChanged, at: datetime) -> None:
    del at
    message.waiting.SetInParent()
    message.waiting.waiting, message.waiting.reason = event.waiting, event.reason


def _as_stored(message: Change, event: Event, at: datetime) -> None:
    """For an event whose field on the wire has the form of its row."""
    del at
    fill(getattr(message, event.type), event.as_data())


ENCODERS: dict[type[Event], Callable[[Change, Any, datetime], None]] = {  # Any: an event of that class
    PhaseChanged: _phase,
    MessageAdded: _message,
    TextAppended: _text,
    MessageEnded: _ended,
    MessagesDropped: _dropped,
    ToolCalled: _tool_call,
    TaskChanged: _as_stored,
    WaitingChanged: _waiting,
    SignalChanged: _as_stored,
    OutputSet: _as_stored,
    StatusReplaced: _as_stored,
}
SERVICES = (ExecutionService,)
