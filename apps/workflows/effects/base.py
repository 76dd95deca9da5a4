"""What an effect consists of: a way in which a task acts on the world outside its run."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar

from apps.shared.reach import Reach
from apps.workflows.calls import Watch
from apps.workflows.secrets import RunSecrets

Answer = TypeVar("Answer", bound="Reply")
AnyCall = TypeVar("AnyCall", bound="Call[Any]")

CANCELLED = "cancelled"
REFUSED = "refused"
WAITING = "waiting"
TIMEOUT = "timeout"
UNKNOWN = "unknown"
BROKEN = "broken"
"""Reasons that the worker gives by itself. Waiting: not all has come yet. Unknown: an earlier try began and nobody
knows how it ended. Broken: it raised what nobody expected, as often as it was tried."""


@dataclass(frozen=True, kw_only=True)
class Call(Generic[Answer]):
    """What a task asks for. It crosses to an activity as it is, and into Temporal's history: plain data only.

    (`execution_id`, `path`, `attempt`) is its idempotency key: asked again, it must not act again blindly. Strings may
    hold placeholders of secrets. Runs under way hold calls of yesterday: a new field needs a default, none may go.
    """

    path: str
    attempt: int
    timeout_seconds: int
    execution_id: str = ""
    """The run's; filled in by its driver."""
    is_beside_waits: bool = False
    """Whether other branches of the run may wait for something meanwhile, which it must not keep from Temporal."""

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing: then nobody needs to know that it began."""
        return False

    def told(self, secrets: RunSecrets) -> RunSecrets:
        """The secrets as whoever answers may give them back."""
        return secrets

    @property
    def is_repeatable(self) -> bool:
        """Whether doing it twice does what doing it once does."""
        return False


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a call, on its way back; `reason` is empty when it worked, else one of the effect's words."""

    reason: str = ""
    detail: str = ""
    """Why, for people."""
    pause_turn: int = 0
    """Of the run, when the activity ended: filled in by the worker."""
    is_kept: bool = False
    """It was in the ledger: nothing was done for it now. Filled in by the worker."""

    @property
    def is_done(self) -> bool:
        """Whether what was asked for has been done, so that it need not be asked for again."""
        return not self.reason

    def closed(self, secrets: RunSecrets) -> Self:
        """Itself with every secret of the run behind its placeholder."""
        if not secrets.values:
            return self
        parts = {name: secrets.close(part) for name, part in vars(self).items() if name != "reason"}
        return replace(self, **parts)


@dataclass(frozen=True)
class Desk:
    """What a `perform` finds ready for it."""

    secrets: RunSecrets
    """Open what leaves the machine with it; what comes back is closed by the worker."""
    watch: Watch
    task_token: bytes
    """Of the activity: whoever completes it later names it by this."""
    reach: Reach | None = None
    """What addresses of the run may lead to; None on a machine of one's own, where they lead anywhere."""


def _nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Effect(Generic[AnyCall, Answer]):
    """One row of the table: an Act or an Errand.

    Its `perform` runs in a thread. It imports what it needs when it is called: workflows import these modules, and
    must meet neither the database nor the network.
    """

    activity: str
    """Its name on Temporal. Histories hold it: never changed."""
    call: type[AnyCall]
    reply: type[Answer]
    prepare: Callable[[], object] = _nothing
    """Loads what the first call needs, while the worker waits for others."""
    release: Callable[[], object] = _nothing
    """Lets go of what is kept between calls, when the worker ends."""


@dataclass(frozen=True, kw_only=True)
class Act(Effect[AnyCall, Answer]):
    """Acts and answers at once, under the step ledger, so that a repeat does not act again."""

    perform: Callable[[AnyCall, Desk], Answer]
    """Raises CallFailed, CallAborted, UnknownSecret."""


@dataclass(frozen=True, kw_only=True)
class Errand(Effect[AnyCall, Answer]):
    """Sends for a run of another kind, which a repeat finds again by its name.

    When that run was cancelled, so is the one that waits for it.
    """

    perform: Callable[[AnyCall, Desk], Answer | None]
    """None while the other run works: it completes the activity by its task token when it has ended."""
    cancel_activity: str
    cancel: Callable[[AnyCall], None]
    """Ends what was begun, when nobody waits for it any more."""


@dataclass(frozen=True, kw_only=True)
class Arrival(Reply):
    """What has come into the run; `reason` is WAITING while that is not enough."""

    seen: int = 0
    """Up to which signal it was looked at then."""

    @property
    def is_done(self) -> bool:
        return self.reason != WAITING and super().is_done


Arrived = TypeVar("Arrived", bound=Arrival)


@dataclass(frozen=True, kw_only=True)
class Wait(Effect[AnyCall, Arrived]):
    """Waits for what others send to the run: looks, and looks again whenever the run is told that there is more."""

    look: Callable[[AnyCall, Desk], Arrived]
    """In a transaction that holds the run, and in which the ledger keeps what has come."""
    give_back_activity: str
    give_back: Callable[[AnyCall], None]
    """In a transaction, for a task that was cut: what was taken for it is there for others again."""


@dataclass(frozen=True, kw_only=True)
class Foreign(Effect[AnyCall, Answer]):
    """Has somebody else's worker do it. Ours notes it before, and keeps what came of it after.

    `activity` is the one that notes: it answers WAITING for a call that is to be made.
    """

    keep_activity: str
