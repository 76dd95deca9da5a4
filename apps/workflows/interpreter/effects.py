"""Everything a running workflow asks of the world, as one interface.

The interpreter computes; whoever drives it (a Temporal workflow, a test) acts. Strings in calls may hold placeholders
of secrets: open them with `apps.workflows.secrets.reveal` where the call is made, and pass answers through `conceal`.
"""

import enum
from dataclasses import dataclass, field
from typing import Literal, Protocol

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

    `path` is unambiguous (`interpreter/places.py`): `/fetch`, `/loop[3]/set`, `/guard/try/fetch`, `/fetch#2` for the
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


@dataclass(frozen=True)
class HttpCall:
    """One request. (`path`, `attempt`) is its idempotency key: asked again, it must not be sent again blindly."""

    path: str
    attempt: int
    method: str
    uri: str
    headers: dict[str, str]
    body: Json
    """JSON to send, or None for no body."""
    timeout_seconds: int


@dataclass(frozen=True)
class HttpAnswer:
    """A response of any status. `body` is decoded by `apps.workflows.http.content.decode_answer`."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


HttpReason = Literal["unreachable", "lost", "timeout", "unknown", "refused", "unreadable"]


class HttpFailure(Exception):
    """There is no answer to judge.

    unreachable: the request was never sent (no address, no connection). lost: it was sent and the connection broke.
    timeout: no answer in time. unknown: an earlier try began and nobody knows how it ended. refused: the request is
    not one that may be sent. unreadable: an answer came that cannot be used (too large, not the JSON it says it is).
    `detail` is shown to people and kept: pass it through `conceal` like an answer.
    """

    def __init__(self, reason: HttpReason, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


@dataclass(frozen=True)
class AgentCall:
    """One agent execution to start and wait for. (`path`, `attempt`) names it: a repeat finds the first."""

    path: str
    attempt: int
    agent: str
    scope: str
    """`platform`, `organization`, `identity_account`, or empty for the workflow's own."""
    message: str
    env: dict[str, str]
    timeout_seconds: int
    model: str = ""
    temperature: float | None = None


AgentReason = Literal["failed", "timeout", "not_found", "unknown"]


class AgentFailure(Exception):
    """The agent did not answer. A cancelled agent raises RunCancelled instead."""

    def __init__(self, reason: AgentReason, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class RunCancelled(Exception):
    """Something the run waits for was cancelled, and the run with it. No `try` catches this."""


class Effects(Protocol):
    """What drives the interpreter. Only `sleep`, the calls and `checkpoint` may suspend.

    A run is cancelled by cancelling its asyncio task: what is suspended then raises asyncio.CancelledError, and nothing
    that an engine wraps around it.

    Under Temporal every method must be deterministic on replay: `now` is the workflow's.
    """

    async def call_http(self, call: HttpCall) -> HttpAnswer:
        """Send one request once. Raises HttpFailure. Redirects are not followed."""

    async def call_agent(self, call: AgentCall) -> dict[str, Json]:
        """Run an agent and answer {agent_execution_id, response, structured, usage, metadata}.

        Raises AgentFailure, RunCancelled.
        """

    async def sleep(self, seconds: float) -> None: ...

    def now(self) -> float:
        """Seconds since 1970."""

    def record(self, record: TaskRecord) -> None:
        """Take note of a task's state. Must return at once: collect, and write at the next suspension."""

    async def checkpoint(self) -> None:
        """Called between two tasks: the place to write collected records and to let others run.

        May raise Suspend.
        """
