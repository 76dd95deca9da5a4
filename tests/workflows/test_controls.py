"""What is done to a run is done to those it waits for, as rows have it, on both databases."""

from __future__ import annotations

import pytest

from apps.resources.caller import LOCAL
from apps.resources.executions import pausing
from apps.resources.executions.model import ExecutionEvent, Phase, StepRecord
from apps.resources.executions.terminating import terminate
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import IllegalTransition, LeaseLost
from apps.workflows.effects import children
from apps.workflows.effects.workflow_run import WorkflowCall, runs
from apps.workflows.secrets import RunSecrets
from tests.factories import WORKFLOW_SPEC
from tests.support.databases import both_databases
from tests.workflows.test_retrying import begun, claim, end, launcher, make

__all__ = ["launcher"]

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]


def child_of(run: str, path: str = "/ask", *, awaits: bool = True) -> str:
    """The id of a run that a RUN task of another has started."""
    workflow = make("Workflow", WORKFLOW_SPEC).slug
    call = WorkflowCall(path=path, attempt=1, timeout_seconds=60, execution_id=run, workflow=workflow, awaits=awaits)
    runs.start(call, RunSecrets(), b"token")
    return str(WorkflowExecution.objects.get(slug=children.name_of(call)).pk)


def waits(*run_ids: str) -> list[str]:
    return [WorkflowExecution.objects.get(pk=run).waiting for run in run_ids]


def test_pausing_goes_down_to_whatever_is_waited_for() -> None:
    run = begun().execution_id
    child, other = child_of(run), child_of(run, "/start", awaits=False)
    claim()
    grandchild = child_of(child)
    pausing.pause(WORKFLOW_EXECUTION, run, "lunch", LOCAL)
    assert waits(run, child, grandchild, other) == ["paused", "paused", "paused", ""]
    said = ExecutionEvent.objects.get(execution_id=grandchild, type="waiting").data["reason"]
    assert said == f"with {child}: with {run}: lunch"
    pausing.resume(WORKFLOW_EXECUTION, child, "", LOCAL)
    pausing.resume(WORKFLOW_EXECUTION, run, "", LOCAL)
    assert waits(run, child, grandchild) == ["", "", ""]


def test_a_run_that_a_paused_one_starts_begins_nothing_before_that_goes_on() -> None:
    """Its start was under way when the pause came."""
    run = begun().execution_id
    pausing.pause(WORKFLOW_EXECUTION, run, "", LOCAL)
    child, other = child_of(run), child_of(run, "/start", awaits=False)
    assert waits(child, other) == ["paused", ""]
    [paused] = [plan for plan in claim() if plan.execution_id == child]
    assert paused.pause_turn == 1
    pausing.resume(WORKFLOW_EXECUTION, run, "", LOCAL)
    assert waits(child) == [""]


def test_terminating_ends_all_that_is_waited_for_and_what_they_were_at() -> None:
    plan = begun()
    run = plan.execution_id
    child, other = child_of(run), child_of(run, "/start", awaits=False)
    claim()
    terminate(WORKFLOW_EXECUTION, run, "enough", LOCAL)
    phases = [WorkflowExecution.objects.get(pk=each).phase for each in (run, child, other)]
    assert phases == [Phase.CANCELLED, Phase.CANCELLED, Phase.IN_PROGRESS]
    assert WorkflowExecution.objects.get(pk=child).error == f"terminated with {run}: enough"
    assert not StepRecord.objects.filter(execution_id__in=[run, child]).exists(), "nothing may act any more"
    with pytest.raises(LeaseLost):
        child_of(run, "/another")
    with pytest.raises(IllegalTransition, match="has already ended"):
        terminate(WORKFLOW_EXECUTION, run, "", LOCAL)
    end(plan, Phase.COMPLETED)  # what its workflow comes to is of no account
    assert WorkflowExecution.objects.get(pk=run).error == "terminated: enough"
