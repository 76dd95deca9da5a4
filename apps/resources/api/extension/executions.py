"""ExecutionController: cancelling runs and following their events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc
from django.db import connection
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import executions_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.run_services import next_events
from apps.resources.api.services import Request, check
from apps.resources.errors import NotFound
from apps.resources.executions import actions, reading
from apps.resources.executions.event_hub import HUB
from apps.resources.executions.fold import MESSAGE_TYPES, timestamp
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.json_value import Json
from apps.resources.registry import execution_kind_of
from apps.resources.storage.lookup import PAGE_BYTES
from apps.resources.wire.codec import pack
from apps.resources.wire.json_form import fill

Change = Any  # the ExecutionEvent message being filled


class ExecutionService(Service):
    full_name = "ai.stigmer.controlplane.v1.ExecutionController"

    def cancel(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        kind = _kind(request.execution_id)
        actions.request_cancel(kind, request.execution_id, request.reason, self.caller)
        return pack(kind, reading.get_snapshot(kind, request.execution_id, self.caller))

    def follow(self, request: Request, context: grpc.ServicerContext) -> Iterator[executions_pb2.ExecutionEvents]:
        check(request)
        kind = _kind(request.execution_id)
        with HUB.following(request.execution_id) as inbox:
            context.add_callback(lambda: inbox.put(None))  # wakes us when the client goes or the server stops
            last = request.after
            events: list[ExecutionEvent] | None = reading.events_after(kind, request.execution_id, last, self.caller)
            if not events and reading.has_ended(kind, request.execution_id, self.caller):
                return  # the client has its end already
            connection.close()  # a follower may stay for hours
            while events is not None and context.is_active():
                fresh = [event for event in events if event.pk > last]
                yield from _in_answers(encode_event(event) for event in fresh)
                if fresh and _is_last(fresh[-1]):
                    return
                last = fresh[-1].pk if fresh else last
                events = next_events(kind, request.execution_id, inbox, self.caller)


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


def encode_event(event: ExecutionEvent) -> executions_pb2.ExecutionEvent:
    message = executions_pb2.ExecutionEvent(id=event.pk)
    message.at.FromDatetime(event.at)
    ENCODERS[event.type](message, event.data, event)
    return message


def _kind(execution_id: str) -> ExecutionKind:
    kind = execution_kind_of(execution_id)
    if kind is None:
        raise NotFound("execution", execution_id)
    return kind


def _is_last(event: ExecutionEvent) -> bool:
    return event.type == "phase" and Phase(event.data["phase"]).is_terminal


def _phase(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
    del event
    message.phase.phase, message.phase.error = Phase(data["phase"]).wire_name, data.get("error", "")


def _message(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
    message.message.index = data["index"]
    inner = message.message.message
    inner.type, inner.content, inner.timestamp = (
        MESSAGE_TYPES[data["type"]],
        data.get("content", ""),
        timestamp(event.at),
    )
    if data.get("metadata"):
        inner.metadata.update(data["metadata"])


def _text(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
    del event
    message.text.index, message.text.text = data["index"], data["text"]


def _tool_call(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
    del event
    fill(message.tool_call, {key: value for key, value in data.items() if key != "message_index"})


def _ended(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
    del event
    message.ended.index = data["index"]
    message.ended.metadata.update(data.get("metadata", {}))


def _dropped(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
    del event
    message.dropped.SetInParent()
    message.dropped.index = data["index"]


def _parsed_into(field: str) -> Callable[[Change, dict[str, Json], ExecutionEvent], None]:
    def encode(message: Change, data: dict[str, Json], event: ExecutionEvent) -> None:
        del event
        fill(getattr(message, field), data)

    return encode


ENCODERS: dict[str, Callable[[Change, dict[str, Json], ExecutionEvent], None]] = {
    "phase": _phase,
    "message": _message,
    "text": _text,
    "ended": _ended,
    "dropped": _dropped,
    "tool_call": _tool_call,
    "task": _parsed_into("task"),
    "output": _parsed_into("output"),
    "replaced": _parsed_into("replaced"),
}
SERVICES = (ExecutionService,)
