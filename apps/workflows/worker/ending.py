"""From the end of a run's workflow back into its row."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import OperationalError, transaction

from apps.resources.executions import actions
from apps.resources.executions.event_base import Event
from apps.resources.executions.events import OutputSet
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import cancel_reason_of, cancel_text
from apps.resources.executions.recordable import NotRecordable, check_recordable, recordable
from apps.resources.executions.steps import note_failed_task
from apps.resources.executions.unfinished import ends_of_tasks
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import LeaseLost
from apps.shared.masking import NOTHING_SECRET, Masker
from apps.workflows.worker.contracts import RunEnd
from apps.workflows.worker.ledger import OWNER
from apps.workflows.worker.records import Recorder, as_object, stored_tasks

logger = logging.getLogger(__name__)


def store_end(end: RunEnd, recorder: Recorder | None = None, *, masker: Masker = NOTHING_SECRET) -> bool:
    """Store how a run ended, with what its recorder has not told yet. As `finish`, also when it is repeated."""
    events = recorder.last_events() if recorder else ends_of_tasks(stored_tasks(end.execution_id).tasks.values())
    output, phase, error = as_object(recordable(end.output)), Phase[end.ending], end.error
    try:
        check_recordable(output)
    except NotRecordable as found:
        output, phase, error = None, Phase.FAILED, f"its output cannot be stored: it {found}"
    if output is not None:
        events.append(OutputSet(output))
    if phase is Phase.CANCELLED:
        error = cancel_text(cancel_reason_of(WORKFLOW_EXECUTION, end.execution_id))
    is_ended = finish(end.execution_id, phase, masker=masker, error=error, events=events)
    is_kept = is_ended and phase is Phase.FAILED and note_failed_task(end.execution_id, end.failed_task)
    if is_kept and recorder:
        recorder.keep_last_replies()
    return is_ended


def give_up(execution_id: str, phase: Phase, error: str) -> bool:
    """End a run whose workflow did not come to an end. As `finish`.

    What is stored of its tasks may be what keeps it from ending: where that cannot be read they stay as they are.
    """
    try:
        with transaction.atomic():
            events = ends_of_tasks(stored_tasks(execution_id).tasks.values())
            return finish(execution_id, phase, error=error, events=events)
    except OperationalError:
        raise
    except Exception:
        logger.exception("execution %s: its tasks cannot be closed", execution_id)
        return finish(execution_id, phase, error=error)


def finish(
    execution_id: str,
    phase: Phase,
    *,
    masker: Masker = NOTHING_SECRET,
    error: str = "",
    events: Iterable[Event] = (),
) -> bool:
    """End a run. False when it has ended already, or is gone. Call it inside a write transaction."""
    try:
        actions.finish(WORKFLOW_EXECUTION, execution_id, OWNER, phase, masker=masker, error=error, events=events)
    except LeaseLost:
        return False
    return True
