"""Holding a run between two steps, and letting it go on: the row says what is wanted, its engine is told.

What is under way ends, nothing new begins, time goes on. The phase stays what it is. Runs of workflows that it waits
for are held, and go on, with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions.actions import record
from apps.resources.executions.events import WaitingChanged
from apps.resources.executions.kind import ExecutionKind, RunRow
from apps.resources.executions.model import Phase, Waiting
from apps.resources.executions.queries import awaited_runs_of
from apps.resources.executions.variables import masker_of_run
from apps.resources.ports import machine
from apps.resources.run_errors import IllegalTransition, LeaseLost
from apps.resources.storage.lookup import get_row
from apps.resources.storage.transaction import repeatable, write_transaction

UNTOLD = ~Q(pause_turn_told=F("pause_turn"))
"""Runs whose engine does not know yet that they are paused, or go on."""


def pause(kind: ExecutionKind, execution_id: str, reason: str, caller: Caller) -> None:
    """Have a run begin nothing new. Repeating it changes nothing. Raises NotFound, IllegalTransition after its end."""
    _want(kind, execution_id, Waiting.PAUSED, reason, caller)


def resume(kind: ExecutionKind, execution_id: str, reason: str, caller: Caller) -> None:
    """Let a run go on; one that is not paused does. Raises as `pause`."""
    _want(kind, execution_id, Waiting.NOTHING, reason, caller)


def told(rows: QuerySet[RunRow], execution_id: str, turn: int) -> None:
    """Note what the engine of a run was told."""
    with write_transaction():
        rows.filter(pk=execution_id).update(pause_turn_told=turn)


@repeatable
def pause_with(kind: ExecutionKind, execution_id: str, waiting_id: str) -> None:
    """Pause a run that has just been made for the run `waiting_id`, where that one is paused by now.

    In the transaction that makes it, so that it begins nothing before. Raises LeaseLost where that one has ended.
    """
    with write_transaction():
        waiting = get_row(kind, waiting_id, SYSTEM)  # locked: whoever pauses it comes before us, or finds the run
        if Phase(waiting.phase).is_terminal:
            raise LeaseLost(waiting_id)
        if waiting.waiting == Waiting.PAUSED:
            for _ in _want_all(kind, get_row(kind, execution_id, SYSTEM), Waiting.PAUSED, _with(waiting_id, "")):
                pass


@repeatable
def _want(kind: ExecutionKind, execution_id: str, wanted: Waiting, reason: str, caller: Caller) -> None:
    with write_transaction():
        row = get_row(kind, execution_id, caller)
        phase = Phase(row.phase)
        if phase.is_terminal:
            becomes = "paused" if wanted is Waiting.PAUSED else Phase.IN_PROGRESS.label
            raise IllegalTransition(execution_id, phase.label, becomes, has_ended=True)
        changed = [*_want_all(kind, row, wanted, reason)]
    machine().interrupt(kind.name, changed)


def _want_all(kind: ExecutionKind, row: RunRow, wanted: Waiting, reason: str) -> Iterator[str]:
    """Have it of a run and, unless it is so already, of those of its kind that it waits for. The ids of them."""
    if row.waiting == wanted:
        return
    row.waiting, row.pause_turn = wanted, row.pause_turn + 1
    row.save(update_fields=["waiting", "pause_turn"])
    event = WaitingChanged(wanted.value, reason).masked(masker_of_run(row.pk))
    record(row.pk, [event], timezone.now())
    yield row.pk
    for run in awaited_runs_of(kind, row.pk):
        yield from _want_all(kind, get_row(kind, run, SYSTEM), wanted, _with(row.pk, reason))


def _with(waiting_id: str, reason: str) -> str:
    """Why a run does what the one that waits for it does."""
    return f"with {waiting_id}: {reason}" if reason else f"with {waiting_id}"
