"""Backend: the one interface through which the command line reaches resources, wherever they live.

Only plain data crosses it; protobuf appears as serialized envelopes that callers may decode or print.
The module imports next to nothing, because every command imports it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from apps.backends.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from apps.backends.run_lists import RunPage, RunQuery
    from apps.backends.runs import Phase, RunEvent, StartRun, Stop


MOST_COUNTED = 1000


class Action(enum.Enum):
    """What an apply did, or would do, to one resource."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One resource as it travels: its kind as in a manifest (`Agent`) and the serialized message."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One field that an update changes. Values are JSON; an empty string stands for absent."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one resource of an apply. `id` is empty where a dry run would create it."""

    kind: str
    slug: str
    org: str
    id: str
    action: Action
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, newest first. `next_token` is empty on the last page."""

    items: tuple[Envelope, ...]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """One supervised unit of a running server. `since` counts seconds from the epoch."""

    name: str
    state: str
    pid: int
    address: str
    reason: str
    starts: int
    since: float


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server says about itself. `uptime` is in whole seconds."""

    version: str
    build: str
    data_dir: str
    uptime: int
    components: tuple[ComponentFacts, ...] = ()


class Backend(Protocol):
    """Where resources live. Every method raises a BackendError (mostly a CallFailed) when it cannot do its work."""

    def apply(self, resources: Sequence[Envelope], *, dry_run: bool, message: str) -> list[Applied]:
        """Create or update `resources`, all or none where the server can; answers in their order."""

    def list_page(
        self,
        kind: str,
        *,
        org: str = "",
        project: str = "",
        labels: Mapping[str, str] | None = None,
        tags: Sequence[str] = (),
        page_size: int = 100,
        page_token: str = "",
        by_name: bool = False,
    ) -> Page:
        """One page of the resources of a kind, newest first. `page_size` is 1 to 100; `by_name` as for `get`.

        Those with every one of `labels` and `tags`. With `project` only what it owns and what belongs to that; raises
        NotFound where there is no such project.
        """

    def get(
        self, kind: str, *, org: str = "", slug: str = "", resource_id: str = "", by_name: bool = False
    ) -> Envelope:
        """One resource by slug or by id; raises NotFound.

        With `by_name` slugs stand in its spec where ids of others do, as far as the server can.
        """

    def delete(self, kind: str, resource_id: str, *, force: bool = False, message: str = "") -> Envelope:
        """Delete one resource with what belongs to it and return it as it was."""

    def count_belongings(self, kind: str, resource_id: str) -> dict[str, int]:
        """How many resources go with one when it is deleted, by kind. Raises NotFound, and Unsupported where older.

        MOST_COUNTED + 1 stands for more than MOST_COUNTED.
        """

    def create(self, resource: Envelope) -> Envelope:
        """Create one resource and return it as stored."""

    def update(self, resource: Envelope) -> Envelope:
        """Replace one resource and return it as stored. Raises Conflict when it is not at the version it carries."""

    def start_run(self, wanted: StartRun) -> Envelope:
        """Start a run and return it as stored. Raises NotFound, and Unsupported where older.

        With ids and texts alone, any server of the contract can.
        """

    def rerun(self, execution_id: str, *, pinned: bool = False) -> Envelope:
        """Start a run once more with what it was given. Raises NotFound, and Unsupported where older."""

    def retry(self, execution_id: str, *, task: str = "") -> Envelope:
        """Have a failed run of a workflow go on from a task, "" for the one that failed, in a new run.

        Raises NotFound, Conflict for what cannot be retried, Invalid for the task, and Unsupported where older.
        """

    def find_runs(self, query: RunQuery, *, page_size: int = 50, page_token: str = "") -> RunPage:
        """A page of runs of both kinds, newest first. Raises NotFound, and Unsupported where older."""

    def list_runs(self, kind: str, *, phase: Phase | None = None, page_size: int = 100, page_token: str = "") -> Page:
        """A page of the runs of a kind (`AgentExecution`, `WorkflowExecution`), newest first, of one phase or all."""

    def list_session_runs(self, session_id: str, *, page_token: str = "") -> Page:
        """A page of the agent runs of one session, newest first."""

    def cancel_run(self, execution_id: str, reason: str) -> Envelope:
        """Ask a run to end; it may take a moment. Raises Conflict for one that has ended."""

    def follow_run(self, execution_id: str, *, after: int = 0, stop: Stop | None = None) -> Iterator[RunEvent]:
        """Every event of a run with an id above `after`, as it happens, the last one included, until `stop` is set.

        Raises Unreachable when the connection breaks: call again with the last id seen. Ends early, without
        a terminal phase, when the server stops.
        """

    def server_info(self) -> ServerFacts:
        """Version, data directory and components of the server."""

    def close(self) -> None:
        """Give the connection back. The backend is of no use afterwards."""


def iterate(
    backend: Backend,
    kind: str,
    *,
    org: str = "",
    project: str = "",
    labels: Mapping[str, str] | None = None,
    tags: Sequence[str] = (),
    limit: int,
    by_name: bool = False,
) -> Iterator[Envelope]:
    """The resources of a kind, newest first, page by page, at most `limit` of them (1 or more)."""
    token = ""
    while limit > 0:
        page = backend.list_page(
            kind,
            org=org,
            project=project,
            labels=labels,
            tags=tags,
            page_size=min(100, limit),
            page_token=token,
            by_name=by_name,
        )
        yield from page.items
        limit -= len(page.items)
        token = page.next_token
        if not token:
            return


@dataclass(frozen=True, slots=True)
class Violation:
    """One refused field: its path inside the request and what is wrong with it."""

    path: str
    message: str


class CallFailed(BackendError):
    """A call to a backend that did not succeed. `reason` is the server's own where it sent one."""

    reason = "stigmer.client.failed"

    def __init__(self, message: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint=hint)
        if reason:
            self.reason = reason  # type: ignore[misc]  # the class's word is the default, the server's wins


class Unreachable(CallFailed):
    """Nobody answers at the endpoint, or the connection broke."""

    reason = "stigmer.client.unreachable"


class TimedOut(CallFailed):
    """The server did not answer before the deadline. The work may have been done."""

    reason = "stigmer.client.timed_out"


class Unsupported(CallFailed):
    """The server is too old, or of another make, for this call."""

    reason = "stigmer.client.unsupported"


class TooLarge(CallFailed):
    """A message is larger than the wire allows."""

    reason = "stigmer.client.too_large"


class NotFound(CallFailed):
    """No such resource."""

    reason = "stigmer.client.not_found"


class Conflict(CallFailed):
    """The resource exists already, changed meanwhile, or its state forbids the call."""

    reason = "stigmer.client.conflict"


class Unauthenticated(CallFailed):
    """The server does not know who asks."""

    reason = "stigmer.client.unauthenticated"


class Forbidden(CallFailed):
    """The server knows who asks, and does not allow it."""

    reason = "stigmer.client.forbidden"


class NotReady(CallFailed):
    """The server answers, and cannot do it yet or just now: trying again can help."""

    reason = "stigmer.client.not_ready"


class ServerImpaired(CallFailed):
    """What the server stands on (its disk, its database, its keys) needs somebody to look after it."""

    reason = "stigmer.client.server_impaired"


class ServerFault(CallFailed):
    """The server failed in a way that is its own fault."""

    reason = "stigmer.client.server_fault"


class Invalid(CallFailed):
    """The server refuses what it was sent.

    `violations` holds every refused field, in the server's order, but for `left_out` more that its
    answer had no room for.
    """

    reason = "stigmer.client.invalid"

    def __init__(
        self,
        message: str,
        *,
        violations: Iterable[Violation] = (),
        left_out: int = 0,
        hint: str = "",
        reason: str = "",
    ) -> None:
        super().__init__(message, hint=hint, reason=reason)
        self.violations = tuple(violations)
        self.left_out = left_out
