"""What runs that a task starts have in common: their name, their label, what they may not do."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from apps.resources.caller import SYSTEM
from apps.resources.errors import NotFound
from apps.resources.executions import actions
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import IllegalTransition, LeaseLost
from apps.resources.storage.lookup import find_row
from apps.workflows.effects.base import Call
from apps.workflows.values import Json

logger = logging.getLogger(__name__)

WORKFLOW_LABEL = "stigmer.ai/workflow-execution"
TASK_ANNOTATION = "stigmer.ai/workflow-task"
AnyCall = Call[Any]  # Any: of whichever effect


def name_of(call: AnyCall) -> str:
    """The name of the run of one call: the same for every repeat of it."""
    return name_at(call.execution_id, call.path, call.attempt)


def name_at(execution_id: str, path: str, attempt: int) -> str:
    """The same, of a call of which only the place is known."""
    digest = hashlib.sha256(f"{attempt} {path}".encode()).hexdigest()[:16]
    return f"{execution_id}-{digest}"


def metadata_of(call: AnyCall, org: str) -> dict[str, Json]:
    """Of the run of one call."""
    name = name_of(call)
    return {
        "name": name,
        "slug": name,
        "org": org,
        "labels": {WORKFLOW_LABEL: call.execution_id},
        "annotations": {TASK_ANNOTATION: call.path},
    }


def find_parent(call: AnyCall) -> WorkflowExecution | None:
    """The run that a call is of; None when it is gone."""
    return find_row(WORKFLOW_EXECUTION, call.execution_id, SYSTEM)


def get_parent(call: AnyCall) -> WorkflowExecution:
    """Raises LeaseLost when it has ended or gone."""
    run = find_parent(call)
    if run is None or run.phase != Phase.IN_PROGRESS:
        raise LeaseLost(call.execution_id)
    return run


def cancel(kind: ExecutionKind, row: Execution | None) -> None:
    """Cancel the run of a call, if it was started and has not ended."""
    if row is not None:
        try:
            actions.request_cancel(kind, row.pk, "the workflow no longer waits for it", SYSTEM)
        except (IllegalTransition, NotFound):
            logger.debug("%s %s has ended by itself", kind.name, row.pk)
