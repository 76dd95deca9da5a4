"""Writing down what happens in a run: events, through the run's lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

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
from apps.shared.masking import Masker

Write = Callable[[Sequence[Event]], None]
"""Stores events in one transaction, without the secrets of the run, or raises LeaseLost."""


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

    def take_back_begin(self) -> None:
        self.status, self.started_at = "PENDING", ""

    def end(self, *, result: str = "", error: str = "") -> None:
        self.status = "FAILED" if error else "COMPLETED"
        self.result, self.error, self.completed_at = result, error, timestamp(timezone.now())
        self.started_at = self.started_at or self.completed_at


class Recorder:
    """Collects events and writes them when told to: what belongs together is one transaction.

    Those that `masker` knows are masked where they are written. Whoever uses what is recorded, masks it before.
    """

    def __init__(self, write: Write, masker: Masker, *, next_index: int = 0) -> None:
        self.masker, self._write = masker, write
        self._next_index = next_index
        self._events: list[Event] = []

    def message(self, speaker: Speaker, text: str, metadata: Data | None = None) -> int:
        """A new message. Answers its index."""
        index, self._next_index = self._next_index, self._next_index + 1
        self._events.append(MessageAdded(index, speaker, text, metadata or {}))
        return index

    def text(self, index: int, text: str) -> None:
        if text:
            self._events.append(TextAppended(index, text))

    def ended(self, index: int, metadata: Data, response: Data | None = None) -> None:
        self._events.append(MessageEnded(index, metadata, response))

    def dropped(self, index: int) -> None:
        """Take back every message from `index` on."""
        self._next_index = index
        self._events.append(MessagesDropped(index))

    def tool_call(self, call: CallRecord) -> None:
        self._events.append(
            ToolCalled(
                id=call.id,
                name=call.name,
                status=call.status,
                arguments=call.arguments,
                message_index=call.message_index,
                server=call.server,
                result=call.result,
                error=call.error or call.complaint,
                started_at=call.started_at,
                completed_at=call.completed_at,
                metadata=call.metadata,
            )
        )

    def flush(self) -> None:
        if self._events:
            self._write(self.take())

    def take(self) -> list[Event]:
        """What has not been written yet; whoever takes it writes it."""
        events, self._events = self._events, []
        return events
