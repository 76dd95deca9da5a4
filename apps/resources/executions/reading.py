"""Reading runs: the stored envelope, with the events of one that has not ended folded in."""

from __future__ import annotations

from typing import Any, cast

from apps.resources.caller import Caller
from apps.resources.executions import event_log
from apps.resources.executions.fold import fold_all
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.storage.lookup import get_values, must_exist
from apps.resources.wire.codec import message_class

Envelope = Any  # AgentExecution or WorkflowExecution
STORED = ("snapshot", "is_folded")


def get_snapshot(kind: ExecutionKind, execution_id: str, caller: Caller) -> bytes:
    """The run as it is now, serialized. Raises NotFound."""
    snapshot, is_folded = get_values(kind, execution_id, STORED, caller)
    return folded(kind, execution_id, bytes(snapshot), is_folded=is_folded)


def folded(kind: ExecutionKind, execution_id: str, snapshot: bytes, *, is_folded: bool) -> bytes:
    """The run as it is now, of a stored envelope that whoever asks has read already."""
    if is_folded:
        return snapshot
    return cast(bytes, folded_envelope(kind, execution_id, snapshot).SerializeToString())


def folded_envelope(kind: ExecutionKind, execution_id: str, snapshot: bytes) -> Envelope:
    """The run as it is now, of a stored envelope that no event was folded into yet."""
    return _fold_into(kind, snapshot, event_log.events_after(execution_id, 0))[0]


def current(kind: ExecutionKind, execution_id: str, caller: Caller) -> tuple[Envelope, int]:
    """The run as a message to fold further events into, and the number of the last event in it. Raises NotFound."""
    snapshot, is_folded = get_values(kind, execution_id, STORED, caller)
    if not is_folded:
        # What is stored of a run that has not ended stays as it is: events may be newer than this row.
        return _fold_into(kind, bytes(snapshot), event_log.events_after(execution_id, 0))
    return message_class(kind).FromString(bytes(snapshot)), event_log.last_number(execution_id)


def has_ended(kind: ExecutionKind, execution_id: str, caller: Caller) -> bool:
    """Whether no event will come any more. Raises NotFound."""
    return Phase(get_values(kind, execution_id, ("phase",), caller)[0]).is_terminal


def events_after(kind: ExecutionKind, execution_id: str, after: int, caller: Caller) -> list[ExecutionEvent]:
    """Every event with a larger number, in order. Raises NotFound for a run that a limited caller does not see."""
    if caller.sight is not None:
        must_exist(kind, execution_id, caller)
    return event_log.events_after(execution_id, after)


def _fold_into(kind: ExecutionKind, snapshot: bytes, events: list[ExecutionEvent]) -> tuple[Envelope, int]:
    envelope = cast(Envelope, message_class(kind).FromString(snapshot))
    fold_all(envelope.status, events)
    return envelope, events[-1].number if events else 0
