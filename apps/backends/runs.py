"""Runs of agents and workflows as clients see them: what happened, event by event, in plain data."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any  # what json.loads answers


class Phase(enum.Enum):
    """Where a run stands. The values are the words people type and read."""

    PENDING = "pending"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def number(self) -> int:
        """ExecutionPhase of the contract."""
        return list(Phase).index(self) + 1

    @property
    def is_terminal(self) -> bool:
        """Whether nothing happens in such a run any more."""
        return self.number >= Phase.COMPLETED.number

    @classmethod
    def of(cls, number: int) -> Phase:
        """The phase of a number of the contract; PENDING for one that it does not know."""
        return list(Phase)[number - 1] if 1 <= number <= len(Phase) else cls.PENDING


@dataclass(frozen=True, slots=True)
class StartRun:
    """What to run and with what; StartRunRequest of the extension API says what each field means.

    `target` is a field of it (`agent`, `workflow_instance`) and `key` the id or slug there; empty where the session
    says it. `runtime_env` has (text, is secret) by name.
    """

    target: str = ""
    key: str = ""
    session: str = ""
    org: str = ""
    message: str = ""
    input: dict[str, Json] = field(default_factory=dict)
    input_texts: dict[str, str] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    runtime_env: dict[str, tuple[str, bool]] = field(default_factory=dict, repr=False)
    model: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    request_id: str = ""
    rerun_of: str = ""


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """`error` says why a run failed or was cancelled."""

    phase: Phase
    error: str = ""


@dataclass(frozen=True, slots=True)
class MessageAdded:
    """Somebody (`human`, `ai`, `tool`, `system`) says something. What streams is added as TextAppended."""

    index: int
    speaker: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class TextAppended:
    """The message at `index` has grown by `text`."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The message at `index` is whole. `metadata` tells the model and the tokens used."""

    index: int
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessagesDropped:
    """The messages from `index` on are taken back, with their tool calls."""

    index: int


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool call as it is now. `status`: pending, running, completed or failed. Times are RFC 3339 or ""."""

    id: str
    name: str
    status: str
    arguments: Json = field(default_factory=dict)
    result: str = ""
    error: str = ""
    started_at: str = ""
    completed_at: str = ""


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """A task of a workflow as it is now. `status`: pending, in-progress, completed, failed or skipped."""

    id: str
    name: str
    status: str
    kind: str = ""
    error: str = ""
    started_at: str = ""
    completed_at: str = ""
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitingChanged:
    """What the run waits for (`paused`) before it goes on by itself, "" when it does, and why."""

    waiting: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignalChanged:
    """What became of a signal: `kept` since `sender` sent it, `taken` by `task`, or `unused` at the end."""

    name: str
    state: str
    task: str = ""
    sender: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class OutputSet:
    """What a workflow answers."""

    output: Json


Change = (
    PhaseChanged
    | MessageAdded
    | TextAppended
    | MessageEnded
    | MessagesDropped
    | ToolCalled
    | TaskChanged
    | WaitingChanged
    | SignalChanged
    | OutputSet
)


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event of a run. Ids grow; `at` counts seconds from the epoch."""

    id: int
    at: float
    changes: tuple[Change, ...]


class Stop(threading.Event):
    """An event that also acts when it is set: ends the stream that a thread waits for."""

    def __init__(self) -> None:
        super().__init__()
        self._acts: list[Callable[[], object]] = []

    def calls(self, act: Callable[[], object]) -> None:
        """Have `act` called when this is set; at once where it is."""
        self._acts.append(act)
        if self.is_set():
            act()

    def set(self) -> None:
        """Set it, and act."""
        super().set()
        for act in self._acts:
            act()
