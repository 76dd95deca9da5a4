"""Runs of agents and workflows as clients see them: what happened, event by event, in plain data."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Final

Json = Any  # what json.loads answers
RUN_KINDS: Final = ("AgentExecution", "WorkflowExecution")


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
class OutputSet:
    """What a workflow answers."""

    output: Json


Change = (
    PhaseChanged | MessageAdded | TextAppended | MessageEnded | MessagesDropped | ToolCalled | TaskChanged | OutputSet
)


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event of a run. Ids grow; `at` counts seconds from the epoch."""

    id: int
    at: float
    changes: tuple[Change, ...]


def kind_of_run(execution_id: str) -> str:
    """`AgentExecution` or `WorkflowExecution` by the form of an id; "" for no run's."""
    return {"aex": "AgentExecution", "wex": "WorkflowExecution"}.get(execution_id.partition("-")[0], "")
