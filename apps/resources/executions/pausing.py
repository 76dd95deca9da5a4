"""Holding a run between two steps, and letting it go on: the row says what is wanted, its engine is told.

What is under way ends, nothing new begins, time goes on. The phase stays what it is.
"""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.resources.caller import Caller
from apps.resources.executions.actions import record
from apps.resources.executions.events import WaitingChanged
from apps.resources.executions.kind import ExecutionKind, RunRow
from apps.resources.executions.model import Phase, Waiting
from apps.resources.executions.variables import masker_of_run
from apps.resources.ports import machine
from apps.resources.run_errors import IllegalTransition
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
def _want(kind: ExecutionKind, execution_id: str, wanted: Waiting, reason: str, caller: Caller) -> None:
    with write_transaction():
        row = get_row(kind, execution_id, caller)
        phase = Phase(row.phase)
        if phase.is_terminal:
            becomes = "paused" if wanted is Waiting.PAUSED else Phase.IN_PROGRESS.label
            raise IllegalTransition(execution_id, phase.label, becomes, has_ended=True)
        if row.waiting == wanted:
            return
        row.waiting, row.pause_turn = wanted, row.pause_turn + 1
        row.save(update_fields=["waiting", "pause_turn"])
        event = WaitingChanged(wanted.value, reason).masked(masker_of_run(execution_id))
        record(execution_id, [event], timezone.now())
    machine().interrupt(kind.name, [execution_id])
