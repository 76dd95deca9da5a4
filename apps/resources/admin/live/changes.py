"""Events of a run as changes to its page: small, flat, all values that are not ours as text.

The scripts in `static/resources/run/` read them; `fold.py` says what events hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.resources.admin.live.texts import as_text, cut, iso
from apps.resources.executions.model import ExecutionEvent, Phase
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


def changes_of(event: ExecutionEvent) -> list[Change]:
    """What one event changes on the page; nothing for a type that this page does not know."""
    make = MAKERS.get(event.type)
    return [] if make is None else make(event.data, iso(event.at))


def tone(state: str) -> str:
    return TONES.get(state, "idle")


def state_of(wire_name: str) -> str:
    """`TOOL_CALL_RUNNING`, `WORKFLOW_TASK_IN_PROGRESS` as people say it."""
    for prefix in ("TOOL_CALL_", "WORKFLOW_TASK_"):
        wire_name = wire_name.removeprefix(prefix)
    return wire_name.replace("_", " ").lower() or "pending"


def _phase(data: Json, at: str) -> list[Change]:
    phase = Phase(data["phase"])
    return [
        {
            "type": "phase",
            "state": phase.label,
            "tone": tone(phase.label),
            "is_last": phase.is_terminal,
            "error": cut(str(data.get("error", ""))),
            "at": at,
        }
    ]


def _message(data: Json, at: str) -> list[Change]:
    metadata = data.get("metadata") or {}
    return [
        {
            "type": "message",
            "index": data["index"],
            "who": str(data.get("type", "")).removeprefix("MESSAGE_").lower(),
            "text": cut(str(data.get("content", ""))),
            "model": str(metadata.get("model", "")),
            "call": str(metadata.get("tool_call_id", "")),
            "name": str(metadata.get("name", "")),
            "at": at,
        }
    ]


def _text(data: Json, at: str) -> list[Change]:
    del at
    return [{"type": "text", "index": data["index"], "text": cut(str(data["text"]))}]


def _ended(data: Json, at: str) -> list[Change]:
    del at
    metadata = data.get("metadata") or {}
    usage = {
        name: metadata[name] for name in ("input_tokens", "output_tokens", "seconds") if _is_number(metadata, name)
    }
    return [{"type": "ended", "index": data["index"], "usage": usage}]


def _dropped(data: Json, at: str) -> list[Change]:
    del at
    return [{"type": "dropped", "index": data["index"]}]


def _tool_call(data: Json, at: str) -> list[Change]:
    del at
    state = state_of(str(data.get("status", "")))
    return [
        {
            "type": "call",
            "id": str(data["id"]),
            "message": data.get("message_index", -1),
            "name": str(data.get("name", "")),
            "server": str((data.get("component_metadata") or {}).get("component_group", "")),
            "state": state,
            "tone": tone(state),
            "arguments": as_text(data.get("args")),
            "result": cut(str(data.get("result", ""))),
            "error": cut(str(data.get("error", ""))),
            "started": str(data.get("started_at", "")),
            "completed": str(data.get("completed_at", "")),
        }
    ]


def _task(data: Json, at: str) -> list[Change]:
    del at
    metadata = data.get("metadata") or {}
    state = state_of(str(data.get("status", "")))
    return [
        {
            "type": "task",
            "id": str(data["task_id"]),
            "name": str(data.get("task_name", "") or data["task_id"]),
            "path": str(metadata.get("path", "")),
            "kind": str(metadata.get("kind", "")) or state_of(str(data.get("task_type", ""))),
            "attempt": int(metadata.get("attempt", 1)) if _is_number(metadata, "attempt") else 1,
            "agent": str(metadata.get("agent_execution_id", "")),
            "state": state,
            "tone": tone(state),
            "input": as_text(data.get("input")),
            "output": as_text(data.get("output")),
            "error": cut(str(data.get("error", ""))),
            "started": str(data.get("started_at", "")),
            "completed": str(data.get("completed_at", "")),
        }
    ]


def _output(data: Json, at: str) -> list[Change]:
    del at
    return [{"type": "output", "text": as_text(data)}]


def _replaced(data: Json, at: str) -> list[Change]:
    """A runner elsewhere reports whole lists: take back what there is, and put them in its place."""
    found: list[Change] = []
    if "messages" in data:
        found.append({"type": "dropped", "index": 0})
    for index, message in enumerate(data.get("messages") or []):
        found += _message({**message, "index": index}, str(message.get("timestamp", "")) or at)
        for call in message.get("tool_calls") or []:
            found += _tool_call({**call, "message_index": index}, at)
    for call in data.get("tool_calls") or []:
        found += _tool_call(call, at)
    for task in data.get("tasks") or []:
        found += _task(task, at)
    if data.get("output"):
        found += _output(data["output"], at)
    return found


def _is_number(metadata: Json, name: str) -> bool:
    return isinstance(metadata.get(name), int | float)


MAKERS: dict[str, Callable[[Json, str], list[Change]]] = {
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
