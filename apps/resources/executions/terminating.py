"""Ending a run now, with those that it waits for, whatever whoever works on them does, or whether anybody does."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions.actions import end_run
from apps.resources.executions.event_base import Event
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.queries import awaited_runs_of
from apps.resources.executions.recordable import recordable_text
from apps.resources.executions.unfinished import ends_of
from apps.resources.executions.variables import masker_of_run
from apps.resources.ports import Sleeper, machine
from apps.resources.registry import EXECUTION_KINDS
from apps.resources.run_errors import IllegalTransition
from apps.resources.storage.lookup import get_row
from apps.resources.storage.transaction import repeatable, write_transaction

logger = logging.getLogger(__name__)


@repeatable
def terminate(kind: ExecutionKind, execution_id: str, reason: str, caller: Caller) -> None:
    """End a run as cancelled, and what it waits for, in one transaction: nothing of them is asked, or tidies up.

    Whoever works on them finds its lease lost, writes nothing more, and is told. Raises NotFound, and
    IllegalTransition for one that has ended.
    """
    with write_transaction():
        row = get_row(kind, execution_id, caller)
        phase = Phase(row.phase)
        if phase.is_terminal:
            raise IllegalTransition(execution_id, phase.label, Phase.CANCELLED.label, has_ended=True)
        reason = masker_of_run(execution_id).text(reason)
        ended = [*_end_all(kind, row, reason, "")]
        transaction.on_commit(lambda: _tell(ended))
    for each, run in ended:
        logger.info("%s %s: terminated", each.name, run)


def _end_all(kind: ExecutionKind, row: Execution, reason: str, by: str) -> Iterator[tuple[ExecutionKind, str]]:
    """End a run, then those below it. `by` is the run that takes it along."""
    row.cancel_requested_at = row.cancel_requested_at or timezone.now()  # so that whoever holds it is told why
    row.cancel_reason = recordable_text(reason)
    row.save(update_fields=["cancel_requested_at", "cancel_reason"])
    end_run(kind, row, Phase.CANCELLED, terminated_text(reason, by), _ends(kind, row.pk))
    yield kind, row.pk
    for below in EXECUTION_KINDS:
        for run in awaited_runs_of(below, row.pk):
            yield from _end_all(below, get_row(below, run, SYSTEM), reason, row.pk)


def terminated_text(reason: str, by: str = "") -> str:
    """The error of a run that was ended so; `by` is the run that waited for it."""
    said = f"terminated with {by}" if by else "terminated"
    return f"{said}: {reason}" if reason else said


def _ends(kind: ExecutionKind, execution_id: str) -> list[Event]:
    """What is recorded of a run may be what keeps it from ending: where it cannot be read it stays as it is."""
    try:
        return ends_of(kind, execution_id)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("execution %s: its tasks cannot be closed", execution_id)
        return []


def _tell(ended: list[tuple[ExecutionKind, str]]) -> None:
    """Have what is under way in these runs cut, where somebody still works on them."""
    for kind in EXECUTION_KINDS:
        machine().interrupt(kind.name, [run for each, run in ended if each is kind])
    machine().bell.ring(Sleeper.ENDED)
