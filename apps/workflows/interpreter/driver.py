"""Everything a running workflow asks of whoever drives it (a Temporal workflow, a test), as one interface."""

import enum
from dataclasses import dataclass, field
from typing import Protocol

from apps.workflows.effects.base import Answer, Call
from apps.workflows.values import Json


class TaskStatus(enum.StrEnum):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True)
class TaskRecord:
    """What is known of one attempt of one task. (`path`, `attempt`) identifies it; a later record replaces an earlier.

    `path` is unambiguous (`task_paths.py`): `/fetch`, `/loop[3]/set`, `/guard/try/fetch`, `/fetch#2` for the
    second visit after a jump backwards. Secrets are masked. Times are seconds since 1970, None while unknown.
    """

    path: str
    name: str
    kind: str
    status: TaskStatus
    attempt: int = 1
    input: Json = None
    output: Json = None
    error: dict[str, Json] | None = None
    """An RFC 7807 object."""
    started_at: float | None = None
    ended_at: float | None = None
    links: dict[str, str] = field(default_factory=dict)
    """Ids of runs that the task has started, by what they are: `workflow_execution_id`."""


class Driver(Protocol):
    """Drives the interpreter, which only computes. Only `perform`, `sleep` and `checkpoint` may suspend.

    A run is cancelled by cancelling its asyncio task: what is suspended then raises asyncio.CancelledError, and nothing
    that an engine wraps around it.

    Under Temporal every method must be deterministic on replay: `now` is the workflow's.
    """

    async def perform(self, call: Call[Answer]) -> Answer:
        """Have an effect done, once, and answer what came of it.

        Raises CallFailed with a word of the effect's, RunCancelled when what was asked for was cancelled, and Suspend
        out of a wait for what others send.
        """

    async def winner_of(self, path: str) -> int | None:
        """Which branch won the race at `path` when the run went through it before; None where nobody has won yet."""

    async def keep_winner(self, path: str, number: int) -> None:
        """Have it known that this branch has won, whatever happens to the run's history."""

    async def sleep(self, seconds: float, *, may_be_left: bool = False) -> None:
        """Let time pass. Raises Suspend where it `may_be_left` and a branch beside it is suspended meanwhile."""

    def enter(self, path: str) -> None:
        """A task is about to begin. Not said of one that is taken up again where the run was suspended."""

    def now(self) -> float:
        """Seconds since 1970."""

    def record(self, record: TaskRecord) -> None:
        """Take note of a task's state. Must return at once: collect, and write at the next suspension."""

    async def checkpoint(self) -> None:
        """Called between two tasks: the place to write collected records and to let others run.

        May raise Suspend.
        """
