"""Writing down what happens in a run: events, redacted, through the run's lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from apps.agents.runtime.redaction import Redactor
from apps.resources.executions.actions import Event
from apps.resources.executions.fold import timestamp
from apps.resources.json_value import Json

Write = Callable[[Sequence[Event]], None]
"""Stores events in one transaction, or raises LeaseLost."""


@dataclass
class CallRecord:
    """One tool call as people see it. `arguments` is what the model gave, if it was a JSON object."""

    id: str
    name: str
    arguments: dict[str, Json]
    message_index: int
    server: str = ""
    status: str = "PENDING"
    result: str = ""
    error: str = ""
    started_at: str = ""
    completed_at: str = ""
    metadata: dict[str, Json] = field(default_factory=dict)
    complaint: str = ""
    """Why it cannot be made: the model named no tool of ours, or gave arguments that cannot be read."""

    @property
    def is_open(self) -> bool:
        return self.status in {"PENDING", "RUNNING"}

    def begin(self) -> None:
        self.status, self.started_at = "RUNNING", timestamp(timezone.now())

    def end(self, *, result: str = "", error: str = "") -> None:
        self.status = "FAILED" if error else "COMPLETED"
        self.result, self.error, self.completed_at = result, error, timestamp(timezone.now())
        self.started_at = self.started_at or self.completed_at

    def as_data(self) -> dict[str, Json]:
        component = {
            "component_type": "mcp_server" if self.server else "unknown",
            "component_group": self.server,
            **({"metadata": self.metadata} if self.metadata else {}),
        }
        data = {
            "message_index": self.message_index,
            "id": self.id,
            "name": self.name,
            "args": self.arguments,
            "status": f"TOOL_CALL_{self.status}",
            "component_metadata": component,
        }
        times = {"started_at": self.started_at, "completed_at": self.completed_at}
        texts = {"result": self.result, "error": self.error or self.complaint}
        return data | {name: value for name, value in (times | texts).items() if value}


class Recorder:
    """Collects events and writes them when told to: what belongs together is one transaction."""

    def __init__(self, write: Write, redactor: Redactor, *, next_index: int = 0) -> None:
        self.redactor, self._write = redactor, write
        self._next_index = next_index
        self._events: list[Event] = []

    def message(self, speaker: str, text: str, metadata: dict[str, Any] | None = None) -> int:
        """A new message by HUMAN, AI, TOOL or SYSTEM. Answers its index."""
        index, self._next_index = self._next_index, self._next_index + 1
        data: dict[str, Json] = {"index": index, "type": speaker, "content": text, "metadata": metadata or {}}
        self._add("message", data)
        return index

    def text(self, index: int, text: str) -> None:
        if text:
            self._add("text", {"index": index, "text": text})

    def ended(self, index: int, metadata: dict[str, Json]) -> None:
        self._add("ended", {"index": index, "metadata": metadata})

    def dropped(self, index: int) -> None:
        """Take back every message from `index` on."""
        self._next_index = index
        self._add("dropped", {"index": index})

    def tool_call(self, call: CallRecord) -> None:
        self._add("tool_call", call.as_data())

    def flush(self) -> None:
        if self._events:
            self._write(self.take())

    def take(self) -> list[Event]:
        """What has not been written yet; whoever takes it writes it."""
        events, self._events = self._events, []
        return events

    def _add(self, kind: str, data: dict[str, Json]) -> None:
        self._events.append(Event(kind, self.redactor.value(data)))
