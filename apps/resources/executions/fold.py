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
    SignalChanged,
    Speaker,
    StatusReplaced,
    TaskChanged,
    TextAppended,
    ToolCalled,
    WaitingChanged,
    event_of,
)
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.executions.task_order import TaskOrder
from apps.resources.wire.json_form import exact, fill

Status = Any  # AgentExecutionStatus or WorkflowExecutionStatus, which differ in which events they get


def fold(status: Status, row: ExecutionEvent, order: TaskOrder | None = None) -> None:
    """Apply one event. Raises UnknownEvent.

    Who applies many, one after the other, keeps the `order` of tasks between them.
    """
    event = event_of(row)
    if isinstance(event, TaskChanged):
        _task_in_order(status, event, order or TaskOrder.of(status.tasks))
    else:
        FOLDS[type(event)](status, event, row.at)
        if order is not None and isinstance(event, StatusReplaced):
            order.begin_anew(getattr(status, "tasks", ()))
    if not _is_creation(event):
        _stamp(status, row.at)


def fold_all(status: Status, rows: Iterable[ExecutionEvent]) -> None:
    """Apply events to a status that none has been applied to yet. Raises UnknownEvent."""
    order, places = TaskOrder(), dict[str, int]()  # no task is searched for, and they are put in order once
    last: ExecutionEvent | None = None
    for row in rows:
        event = event_of(row)
        if isinstance(event, TaskChanged):
            order.note(event)
            _set_task(status.tasks, places.setdefault(event.id, len(status.tasks)), event)
        else:
            FOLDS[type(event)](status, event, row.at)
            if isinstance(event, StatusReplaced):
                tasks = getattr(status, "tasks", ())
                places = {task.task_id: index for index, task in enumerate(tasks)}
                order.begin_anew(tasks)
        if not _is_creation(event):
            last = row
    if last is not None:
        _stamp(status, last.at)
    if places:
        order.sort(status.tasks)


def is_unsaid(status: Status) -> bool:
    """Whether the last message is a model's of which nothing has come yet."""
    last = status.messages[-1] if getattr(status, "messages", ()) else None
    return last is not None and last.type == Speaker.AI.number and not (last.content or last.tool_calls)


def _is_creation(event: Event) -> bool:
    """Which has stamped the audit itself."""
    return isinstance(event, PhaseChanged) and event.phase is Phase.PENDING


def _stamp(status: Status, at: datetime) -> None:
    status.audit.status_audit.updated_at.FromDatetime(at)
    status.audit.status_audit.event = "updated"


def _phase(status: Status, event: PhaseChanged, at: datetime) -> None:
    status.phase = event.phase
    if event.phase is Phase.IN_PROGRESS and not status.started_at:
        status.started_at = timestamp(at)
    if event.is_last:
        if is_unsaid(status):
            del status.messages[-1]  # nothing will come of it any more
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
    _task_in_order(status, event, TaskOrder.of(status.tasks))


def _task_in_order(status: Status, event: TaskChanged, order: TaskOrder) -> None:
    """Set a task where it stands; one that is new or begins goes where its place is now."""
    tasks = status.tasks
    # From the end: what changes is nearly always among the latest.
    places = range(len(tasks) - 1, -1, -1) if order.knows(event.id) else ()
    found = next((at for at in places if tasks[at].task_id == event.id), None)
    begins = order.note(event)
    if found is not None and not begins:
        _set_task(tasks, found, event)
        return
    if found is not None:
        del tasks[found]
    task = tasks.add()
    fill(task, event.as_data())
    tasks.insert(order.place_of(tasks, len(tasks) - 1), tasks.pop())


def _set_task(tasks: Any, place: int, event: TaskChanged) -> None:  # Any: the repeated field
    target = tasks[place] if place < len(tasks) else tasks.add()
    target.Clear()
    fill(target, event.as_data())


def _nothing(status: Status, event: WaitingChanged | SignalChanged, at: datetime) -> None:
    """The contract has no place for it."""
    del status, event, at


def _output(status: Status, event: OutputSet, at: datetime) -> None:
    del at
    fill(status, {"output": event.output})


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
    WaitingChanged: _nothing,
    SignalChanged: _nothing,
    OutputSet: _output,
    StatusReplaced: _replaced,
}
