"""Events to status: what each event changes in the status of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from apps.resources.executions.event_base import Data, Event, timestamp
from apps.resources.executions.events import (
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    OutputSet,
    PhaseChanged,
    StatusReplaced,
    TaskChanged,
    TextAppended,
    ToolCalled,
    event_of,
)
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.wire.json_form import exact, fill

Status = Any  # AgentExecutionStatus or WorkflowExecutionStatus, which differ in which events they get

Places = dict[str, int]
"""Where each task stands in its list: who folds many events keeps one, and no task is searched for."""


def fold(status: Status, row: ExecutionEvent, places: Places | None = None) -> None:
    """Apply one event. Raises UnknownEvent."""
    event = event_of(row)
    if places is not None and isinstance(event, TaskChanged):
        _task_at(status, event, places)
    else:
        FOLDS[type(event)](status, event, row.at)
        if places is not None and isinstance(event, StatusReplaced):
            places.clear()
            places.update((task.task_id, index) for index, task in enumerate(getattr(status, "tasks", ())))
    if isinstance(event, PhaseChanged) and event.phase is Phase.PENDING:
        return  # the creation, which has stamped the audit itself
    status.audit.status_audit.updated_at.FromDatetime(row.at)
    status.audit.status_audit.event = "updated"


def fold_all(status: Status, rows: Iterable[ExecutionEvent]) -> None:
    """Apply events to a status that none has been applied to yet. Raises UnknownEvent."""
    places: Places = {}
    for row in rows:
        fold(status, row, places)


def _phase(status: Status, event: PhaseChanged, at: datetime) -> None:
    status.phase = event.phase
    if event.phase is Phase.IN_PROGRESS and not status.started_at:
        status.started_at = timestamp(at)
    if event.is_last:
        status.completed_at = timestamp(at)
        status.error = event.error or status.error  # what was reported before stays


def _message(status: Status, event: MessageAdded, at: datetime) -> None:
    message = status.messages.add()
    message.type = event.speaker.number
    message.content = event.content
    message.timestamp = timestamp(at)
    if event.metadata:
        message.metadata.update(exact(event.metadata))


def _text(status: Status, event: TextAppended, at: datetime) -> None:
    del at
    status.messages[event.index].content += event.text


def _ended(status: Status, event: MessageEnded, at: datetime) -> None:
    del at
    status.messages[event.index].metadata.update(exact(event.metadata))


def _dropped(status: Status, event: MessagesDropped, at: datetime) -> None:
    del at
    gone = {call.id for message in status.messages[event.index :] for call in message.tool_calls}
    del status.messages[event.index :]
    kept = [call for call in status.tool_calls if call.id not in gone]
    del status.tool_calls[:]
    status.tool_calls.extend(kept)


def _tool_call(status: Status, event: ToolCalled, at: datetime) -> None:
    del at
    lists = [status.tool_calls]
    if 0 <= event.message_index < len(status.messages):
        lists.append(status.messages[event.message_index].tool_calls)
    for calls in lists:
        _upsert(calls, "id", event.as_contract())


def _task(status: Status, event: TaskChanged, at: datetime) -> None:
    del at
    _upsert(status.tasks, "task_id", event.as_data())


def _task_at(status: Status, event: TaskChanged, places: Places) -> None:
    place = places.setdefault(event.id, len(status.tasks))
    target = status.tasks[place] if place < len(status.tasks) else status.tasks.add()
    target.Clear()
    fill(target, event.as_data())


def _output(status: Status, event: OutputSet, at: datetime) -> None:
    del at
    status.output.Clear()
    status.output.update(exact(event.output))


def _replaced(status: Status, event: StatusReplaced, at: datetime) -> None:
    del at
    for field in event.status:
        status.ClearField(field)
    fill(status, event.status)


def _upsert(items: Any, key: str, data: Data) -> None:  # Any: a repeated field of either message
    # From the end: what changes is nearly always among the latest.
    found = next((item for item in reversed(items) if getattr(item, key) == data[key]), None)
    target = items.add() if found is None else found
    target.Clear()
    fill(target, data)


FOLDS: dict[type[Event], Callable[[Status, Any, datetime], None]] = {  # Any: an event of that class
    PhaseChanged: _phase,
    MessageAdded: _message,
    TextAppended: _text,
    MessageEnded: _ended,
    MessagesDropped: _dropped,
    ToolCalled: _tool_call,
    TaskChanged: _task,
    OutputSet: _output,
    StatusReplaced: _replaced,
}
