"""What goes of the work on runs, and when: at the end of a run, or when it is too late to retry one that failed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.resources.caller import SYSTEM
from apps.resources.executions import steps
from apps.resources.executions.kind import STEPS, VARIABLES, WORK, ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.variables import put_variables_aside
from apps.resources.kind import OwnedRows
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import SecretUnreadable
from apps.resources.storage.lookup import chunks, visible
from apps.resources.storage.owned_rows import delete_owned_rows
from apps.resources.storage.transaction import repeatable, write_transaction

logger = logging.getLogger(__name__)


def work_to_forget(kind: ExecutionKind, row: Execution) -> tuple[OwnedRows, ...]:
    """What of the work on a run goes with its end: where it failed, what it did is kept for whoever retries it."""
    if row.phase != Phase.FAILED or not kind.can_be_retried:
        return WORK
    try:
        put_variables_aside(row.pk)
    except SecretUnreadable:
        return WORK  # it could not have gone on either
    return (VARIABLES,)


def forget_steps(now: datetime, kept_for: timedelta) -> int:
    """Delete what runs did that failed so long ago. How many runs that was."""
    forgotten = 0
    for some in chunks(steps.kept_runs()):
        forgotten += _forget(some, now - kept_for)
    if forgotten:
        logger.info("%d runs that failed can no longer be retried", forgotten)
    return forgotten


@repeatable
def _forget(execution_ids: Sequence[str], before: datetime) -> int:
    with write_transaction():
        rows = visible(WORKFLOW_EXECUTION, SYSTEM).filter(phase=Phase.FAILED, completed_at__lt=before)
        old = list(rows.filter(pk__in=execution_ids).values_list("pk", flat=True))
        if old:
            delete_owned_rows([STEPS], old)
    return len(old)
