"""Events of a run as changes to its page: small, flat, all values that are not ours as text.

The scripts in `static/resources/run/` read them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.resources.admin.live.texts import as_json, cut, iso
from apps.resources.executions.event_base import DONE_IN, Event
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
from apps.resources.json_value import Json

Change = dict[str, Any]  # JSON

TONES = {
    "pending": "idle",
    "running": "busy",
    "in progress": "busy",
    "completed": "good",
    "failed": "bad",
    "cancelled": "idle",
    "skipped": "idle",
}


def changes_of(row: ExecutionEvent) -> list[Change]:
    """What one event changes on the page; `event` and `place` say where the whole is to be had. Raises UnknownEvent."""
    event = event_of(row)
    made = MAKERS[type(event)](event, iso(row.at))
    return [{**change, "event": row.number, "place": place} for place, change in enumerate(made)]


def tone(state: str) -> str:
    return TONES.get(state, "idle")


def state_of(status: str) -> str:
    """`RUNNING`, `IN_PROGRESS` as people say it."""
    return status.replace("_", " ").lower() or "pending"


def _phase(event: PhaseChanged, at: str) -> list[Change]:
    return [
        {
            "type": "phase",
            "state": event.phase.label,
            "tone": tone(event.phase.label),
            "is_last": event.is_last,
            "error": cut(event.error),
            "at": at,
        }
    ]


def _message(event: MessageAdded, at: str) -> list[Change]:
    return [
        {
            "type": "message",
            "index": event.index,
            "who": event.speaker.lower(),
            "text": cut(event.content),
            "model": str(event.metadata.get("model", "")),
            "call": str(event.metadata.get("tool_call_id", "")),
            "name": str(event.metadata.get("name", "")),
            "at": at,
        }
    ]


def _text(event: TextAppended, at: str) -> list[Change]:
    del at
    return [{"type": "text", "index": event.index, "text": cut(event.text)}]


def _ended(event: MessageEnded, at: str) -> list[Change]:
    del at
    names = ("input_tokens", "output_tokens", "seconds")
    usage = {name: event.metadata[name] for name in names if _is_number(event.metadata, name)}
    return [{"type": "ended", "index": event.index, "usage": usage}]


def _dropped(event: MessagesDropped, at: str) -> list[Change]:
    del at
    return [{"type": "dropped", "index": event.index}]


def _tool_call(event: ToolCalled, at: str) -> list[Change]:
    del at
    state = state_of(event.status)
    return [
        {
            "type": "call",
            "id": event.id,
            "message": event.message_index,
            "name": event.name,
            "server": event.server,
            "state": state,
            "tone": tone(state),
            "arguments": as_json(event.arguments),
            "result": cut(event.result),
            "error": cut(event.error),
            "started": event.started_at,
            "completed": event.completed_at,
        }
    ]


def _task(event: TaskChanged, at: str) -> list[Change]:
    del at
    metadata, state = event.metadata, state_of(event.status)
    return [
        {
            "type": "task",
            "id": event.id,
            "name": event.name or event.id,
            "path": str(metadata.get("path", "")),
            "kind": str(metadata.get("kind", "")) or state_of(event.task_type),
            "attempt": int(metadata.get("attempt", 1)) if _is_number(metadata, "attempt") else 1,
            "done_in": int(metadata[DONE_IN]) if _is_number(metadata, DONE_IN) else 0,
            "agent": str(metadata.get("agent_execution_id", "")),
            "state": state,
            "tone": tone(state),
            "input": as_json(event.input),
            "output": as_json(event.output),
            "error": cut(event.error),
            "started": event.started_at,
            "completed": event.completed_at,
        }
    ]


def _waiting(event: WaitingChanged, at: str) -> list[Change]:
    del at
    return [{"type": "waiting", "state": event.waiting, "reason": cut(event.reason)}]


def _signal(event: SignalChanged, at: str) -> list[Change]:
    names = ("number", "name", "state", "task", "sender", "count")
    return [{"type": "signal", **{name: getattr(event, name) for name in names}, "at": at}]


def _output(event: OutputSet, at: str) -> list[Change]:
    del at
    return [{"type": "output", "text": as_json(event.output)}]


def _replaced(event: StatusReplaced, at: str) -> list[Change]:
    """A runner elsewhere reports whole lists: take back what there is, and put them in its place."""
    return [change for part, then in event.parts() for change in MAKERS[type(part)](part, then or at)]


def _is_number(metadata: Json, name: str) -> bool:
    return isinstance(metadata.get(name), int | float)


MAKERS: dict[type[Event], Callable[[Any, str], list[Change]]] = {  # Any: an event of that class
    PhaseChanged: _phase,
    MessageAdded: _message,
    TextAppended: _text,
    MessageEnded: _ended,
    MessagesDropped: _dropped,
    ToolCalled: _tool_call,
    TaskChanged: _task,
    WaitingChanged: _waiting,
    SignalChanged: _signal,
    OutputSet: _output,
    StatusReplaced: _replaced,
}
