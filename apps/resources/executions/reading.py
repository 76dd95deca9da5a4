"""Reading runs: the stored envelope, with the events of one that has not ended folded in."""

from __future__ import annotations

from typing import Any, cast

from apps.resources.errors import NotFound
from apps.resources.executions.fold import fold_all
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.storage.statements import fetch_after
from apps.resources.wire.codec import message_class

Envelope = Any  # AgentExecution or WorkflowExecution


def get_snapshot(kind: ExecutionKind, execution_id: str) -> bytes:
    """The run as it is now, serialized. Raises NotFound."""
    found = kind.model.objects.filter(pk=execution_id).values_list("snapshot", "is_folded").first()
    if found is None:
        raise NotFound(kind.name, execution_id)
    return folded(kind, execution_id, bytes(found[0]), is_folded=found[1])


def folded(kind: ExecutionKind, execution_id: str, snapshot: bytes, *, is_folded: bool) -> bytes:
    if is_folded:
        return snapshot
    envelope, _ = _fold_into(kind, snapshot, events_after(execution_id, 0))
    return cast(bytes, envelope.SerializeToString())


def current(kind: ExecutionKind, execution_id: str) -> tuple[Envelope, int]:
    """The run as a message to fold further events into, and the id of the last event in it."""
    row = kind.model.objects.filter(pk=execution_id).values_list("snapshot", "is_folded").first()
    if row is None:
        raise NotFound(kind.name, execution_id)
    if not row[1]:
        # What is stored of a run that has not ended stays as it is: events may be newer than this row.
        return _fold_into(kind, bytes(row[0]), events_after(execution_id, 0))
    last = ExecutionEvent.objects.filter(execution_id=execution_id).order_by("-id").values_list("id", flat=True)
    return message_class(kind).FromString(bytes(row[0])), last.first() or 0


def must_exist(kind: ExecutionKind, execution_id: str) -> None:
    if not kind.model.objects.filter(pk=execution_id).exists():
        raise NotFound(kind.name, execution_id)


def has_ended(kind: ExecutionKind, execution_id: str) -> bool:
    """Whether no event will come any more. Raises NotFound."""
    phase = kind.model.objects.filter(pk=execution_id).values_list("phase", flat=True).first()
    if phase is None:
        raise NotFound(kind.name, execution_id)
    return Phase(phase).is_terminal


def events_after(execution_id: str, after: int) -> list[ExecutionEvent]:
    return fetch_after(ExecutionEvent, "execution_id", [execution_id], after)


def _fold_into(kind: ExecutionKind, snapshot: bytes, events: list[ExecutionEvent]) -> tuple[Envelope, int]:
    envelope = cast(Envelope, message_class(kind).FromString(snapshot))
    fold_all(envelope.status, events)
    return envelope, events[-1].pk if events else 0
