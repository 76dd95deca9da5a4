"""Runs that somebody outside waits for, through a token that came with them. Call those that write in a transaction."""

from __future__ import annotations

from django.utils import timezone

from apps.resources.caller import SYSTEM
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution
from apps.resources.storage.lookup import visible


def runs_waited_for(kind: ExecutionKind, most: int) -> list[Execution]:
    """The oldest whose waiter has not been told of their end, under way or not."""
    return list(visible(kind, SYSTEM).filter(is_waited_for=True).order_by("pk")[:most])


def wait_for_run(kind: ExecutionKind, execution_id: str, token: bytes) -> None:
    """From now on its end is told by this token."""
    rows = visible(kind, SYSTEM).filter(pk=execution_id)
    rows.update(callback_token=token, callback_done_at=None, is_waited_for=True)


def note_told(kind: ExecutionKind, execution_id: str, token: bytes) -> None:
    """Its waiter knows its end, unless another one has come with a token of its own meanwhile."""
    rows = visible(kind, SYSTEM).filter(pk=execution_id, callback_token=token)
    rows.update(callback_done_at=timezone.now(), is_waited_for=False)
