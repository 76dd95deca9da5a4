"""One call of an activity that a worker of somebody else's offers on a queue of the same Temporal."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

from dataclasses import dataclass, field
from typing import Final, Literal

from apps.workflows.effects.base import Call, Foreign, Reply
from apps.workflows.values import Json

ActivityReason = Literal["failed", "timeout", "nobody", "unreadable", "refused", "unknown"]
"""Why there is no output.

nobody: no worker took it from the queue in time, so nothing was done. timeout: one did, and did not answer. failed: it
answered with an error. unreadable: what it answered is no JSON. refused: the input may not leave. unknown: an earlier
try began and nobody knows how it ended.
"""


@dataclass(frozen=True, kw_only=True)
class ActivityReply(Reply):
    """What the activity answered."""

    output: Json = None


@dataclass(frozen=True, kw_only=True)
class ActivityCall(Call[ActivityReply]):
    """Its input stands in Temporal's history as it is, for the other worker to read."""

    name: str
    task_queue: str
    input: dict[str, Json] = field(default_factory=dict)


EFFECT: Final = Foreign(activity="note_activity", call=ActivityCall, reply=ActivityReply, keep_activity="keep_activity")
