"""Going on from where a run of a workflow failed, in a run of its own."""

from __future__ import annotations

from dataclasses import replace

from apps.resources.caller import Caller
from apps.resources.errors import NotFound
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.retries import Course, Kept, retry_name, try_of
from apps.resources.executions.steps import find_aside
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import WORKFLOW_EXECUTION, execution_kind_of
from apps.resources.run_errors import NotRetryable
from apps.resources.running.rerun import request_of
from apps.resources.running.start import start_run
from apps.resources.storage.lookup import Reference, find_by_reference, get_row
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.shared.annotations import RETRY_FROM, RETRY_OF, TRY


@repeatable
def retry(execution_id: str, task: str, caller: Caller) -> bytes:
    """A new run, as `start_run` answers it, that takes over what the failed one did before `task`.

    `task` is a name or a path, "" for the task that failed. Raises NotFound, NotRetryable, InvalidInput for the task,
    and as `start_run`.
    """
    kind = execution_kind_of(execution_id)
    if kind is None:
        raise NotFound("execution", execution_id)
    with write_transaction():
        row = get_row(kind, execution_id, caller)  # locked: two that try it come one after the other
        check_retryable(kind, row, caller)
        assert isinstance(row, WorkflowExecution)
        kept = _kept(row, task)
        number = try_of(row) + 1
        wanted = replace(
            request_of(row, caller),
            annotations={RETRY_OF: row.pk, RETRY_FROM: kept.task, TRY: str(number)},
            version_id=row.definition_version_id,
            retry=kept,
        )
        return start_run(wanted, caller)


def check_retryable(kind: ExecutionKind, row: Execution, caller: Caller) -> None:
    """Raise NotRetryable for a run that cannot be retried."""
    again = f"`stigmer executions rerun {row.pk}` starts it from the beginning"
    if not kind.can_be_retried:
        raise NotRetryable(row.pk, "is a run of an agent, and only those of workflows are retried", again)
    phase = Phase(row.phase)
    if not phase.is_terminal:
        hint = f"`stigmer executions follow {row.pk}` watches it, `stigmer executions cancel {row.pk}` ends it"
        raise NotRetryable(row.pk, f"is still under way: {phase.label}", hint)
    if phase is not Phase.FAILED:
        said = "has completed" if phase is Phase.COMPLETED else "was cancelled"
        raise NotRetryable(row.pk, f"{said}, and only runs that failed are retried", again)
    if by := retried_by(row, caller):
        hint = f"`stigmer executions retry {by}`, should that one have failed, too"
        raise NotRetryable(row.pk, f"was retried already, by {by}, which has what it did", hint)
    if find_aside(row.pk) is None:
        raise NotRetryable(row.pk, "cannot be retried: what it did is not kept any more", again)


def retried_by(row: Execution, caller: Caller) -> str:
    """The id of the run that retries it; "" without one."""
    found = find_by_reference(WORKFLOW_EXECUTION, Reference(retry_name(row.pk), org=row.org), caller)
    return found[0] if found else ""


def _kept(row: WorkflowExecution, task: str) -> Kept:
    course, aside = Course.of(row.pk), find_aside(row.pk)
    if task:
        return Kept(row.pk, course.task_named(task), course, is_named=True, number=try_of(row))
    failed = (aside.path if aside else "") or course.failed_task()
    if not failed:
        hint = f"Name one: `stigmer executions retry {row.pk} --from TASK`; `stigmer executions show {row.pk}` has them"
        raise NotRetryable(row.pk, "cannot be retried by itself: nobody knows in which task it failed", hint)
    return Kept(row.pk, failed, course, is_named=False, number=try_of(row))
