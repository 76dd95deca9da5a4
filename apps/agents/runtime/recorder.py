"""Writing down what happens in a run: events, redacted, through the run's lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from apps.agents.runtime.redaction import Redactor
from apps.resources.executions.event_base import Data, Event, timestamp
from apps.resources.executions.events import (
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    Speaker,
    TextAppended,
    ToolCalled,
)
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


class Recorder:
    """Collects events and writes them when told to: what belongs together is one transaction."""

    def __init__(self, write: Write, redactor: Redactor, *, next_index: int = 0) -> None:
        self.redactor, self._write = redactor, write
        self._next_index = next_index
        self._events: list[Event] = []

    def message(self, speaker: Speaker, text: str, metadata: Data | None = None) -> int:
        """A new message. Answers its index."""
        index, self._next_index = self._next_index, self._next_index + 1
        hide = self.redactor
        self._events.append(MessageAdded(index, speaker, hide.text(text), hide.value(metadata or {})))
        return index

    def text(self, index: int, text: str) -> None:
        if text:
            self._events.append(TextAppended(index, self.redactor.text(text)))

    def ended(self, index: int, metadata: Data, response: Data | None = None) -> None:
        self._events.append(MessageEnded(index, self.redactor.value(metadata), response))

    def dropped(self, index: int) -> None:
        """Take back every message from `index` on."""
        self._next_index = index
        self._events.append(MessagesDropped(index))

    def tool_call(self, call: CallRecord) -> None:
        hide = self.redactor
        self._events.append(
            ToolCalled(
                id=hide.text(call.id),
                name=hide.text(call.name),
                status=call.status,
                arguments=hide.value(call.arguments),
                message_index=call.message_index,
                server=hide.text(call.server),
                result=hide.text(call.result),
                error=hide.text(call.error or call.complaint),
                started_at=call.started_at,
                completed_at=call.completed_at,
                metadata=hide.value(call.metadata),
            )
        )

    def flush(self) -> None:
        if self._events:
            self._write(self.take())

    def take(self) -> list[Event]:
        """What has not been written yet; whoever takes it writes it."""
        events, self._events = self._events, []
        return events
