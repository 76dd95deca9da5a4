"""Events to status: the one place that knows what each type of event holds.

| type      | data                                                                                     |
|-----------|------------------------------------------------------------------------------------------|
| phase     | `phase` (1..5), `error`                                                                  |
| message   | `index`, `type` (HUMAN, AI, TOOL, SYSTEM), `content`, `metadata`                         |
| text      | `index`, `text`: appended to that message                                                |
| ended     | `index`, `metadata`: that message is whole now                                            |
| dropped   | `index`: messages from there on, and their tool calls, are taken back                    |
| tool_call | `message_index` and a contract ToolCall as JSON, upserted by `id`                        |
| task      | a contract WorkflowTask as JSON, upserted by `task_id`                                   |
| output    | the workflow's output, a JSON object                                                     |
| replaced  | parts of the contract's status as JSON: each field mentioned is replaced                 |

Times inside are RFC 3339 in UTC, as the contract has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.json_value import Json
from apps.resources.wire.json_form import fill

Status = Any  # AgentExecutionStatus or WorkflowExecutionStatus, which differ in which events they get
MESSAGE_TYPES = {"HUMAN": 1, "AI": 2, "TOOL": 3, "SYSTEM": 4}


Places = dict[str, int]
"""Where each task stands in its list: who folds many events keeps one, and no task is searched for."""


def fold(status: Status, event: ExecutionEvent, places: Places | None = None) -> None:
    """Apply one event. Unknown types are an error: they would be lost silently otherwise."""
    if event.type == "task" and places is not None:
        _task_at(status, event.data, places)
    else:
        FOLDS[event.type](status, event.data, event.at)
        if places is not None and event.type == "replaced":
            places.clear()
            places.update((task.task_id, index) for index, task in enumerate(getattr(status, "tasks", ())))
    if event.type == "phase" and event.data["phase"] == Phase.PENDING:
        return  # the creation, which has stamped the audit itself
    status.audit.status_audit.updated_at.FromDatetime(event.at)
    status.audit.status_audit.event = "updated"


def fold_all(status: Status, events: Iterable[ExecutionEvent]) -> None:
    """Apply events to a status that none has been applied to yet."""
    places: Places = {}
    for event in events:
        fold(status, event, places)


def timestamp(at: datetime) -> str:
    """RFC 3339 UTC with milliseconds."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _phase(status: Status, data: dict[str, Json], at: datetime) -> None:
    status.phase = data["phase"]
    phase = Phase(data["phase"])
    if phase is Phase.IN_PROGRESS and not status.started_at:
        status.started_at = timestamp(at)
    if phase.is_terminal:
        status.completed_at = timestamp(at)
        status.error = data.get("error") or status.error  # what was reported before stays


def _message(status: Status, data: dict[str, Json], at: datetime) -> None:
    message = status.messages.add()
    message.type = MESSAGE_TYPES[data["type"]]
    message.content = data.get("content", "")
    message.timestamp = timestamp(at)
    if data.get("metadata"):
        message.metadata.update(data["metadata"])


def _text(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    status.messages[data["index"]].content += data["text"]


def _ended(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    status.messages[data["index"]].metadata.update(data.get("metadata", {}))


def _dropped(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    gone = {call.id for message in status.messages[data["index"] :] for call in message.tool_calls}
    del status.messages[data["index"] :]
    kept = [call for call in status.tool_calls if call.id not in gone]
    del status.tool_calls[:]
    status.tool_calls.extend(kept)


def _tool_call(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    call = {key: value for key, value in data.items() if key != "message_index"}
    index = data.get("message_index", -1)
    lists = [status.tool_calls]
    if 0 <= index < len(status.messages):
        lists.append(status.messages[index].tool_calls)
    for calls in lists:
        _upsert(calls, "id", call)


def _task(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    _upsert(status.tasks, "task_id", data)


def _task_at(status: Status, data: dict[str, Json], places: Places) -> None:
    place = places.setdefault(data["task_id"], len(status.tasks))
    target = status.tasks[place] if place < len(status.tasks) else status.tasks.add()
    target.Clear()
    fill(target, data)


def _output(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    status.output.Clear()
    status.output.update(data)


def _replaced(status: Status, data: dict[str, Json], at: datetime) -> None:
    del at
    for field in data:
        status.ClearField(field)
    fill(status, data)


def _upsert(items: Any, key: str, data: dict[str, Json]) -> None:  # Any: a repeated field of either message
    # From the end: what changes is nearly always among the latest.
    found = next((item for item in reversed(items) if getattr(item, key) == data[key]), None)
    target = items.add() if found is None else found
    target.Clear()
    fill(target, data)


FOLDS: dict[str, Callable[[Status, dict[str, Json], datetime], None]] = {
    "phase": _phase,
    "message": _message,
    "text": _text,
    "ended": _ended,
    "dropped": _dropped,
    "tool_call": _tool_call,
    "task": _task,
    "output": _output,
    "replaced": _replaced,
}
