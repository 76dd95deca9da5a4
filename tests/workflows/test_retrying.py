"""What a run that failed leaves, for how long, and who gets it: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.executions.forgetting import forget_steps
from apps.resources.executions.model import ExecutionEvent, Phase, StepRecord
from apps.resources.json_value import Json
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.maintenance.key_rotation import rotate
from apps.resources.ports import machine
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.resources.run_errors import NotRetryable
from apps.resources.running.retry import retry
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json, message_class
from apps.resources.writes import actions
from apps.workflows.expressions import JqProcess
from apps.workflows.launcher import WorkflowLauncher
from apps.workflows.worker import ending, ledger, plans
from apps.workflows.worker.contracts import RunEnd, RunPlan
from tests.factories import WORKFLOW_SPEC
from tests.suites.client import unique
from tests.support.databases import both_databases
from tests.support.machines import HandOver, launchers

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
KEY = {"KEY": {"value": "hunter2-that-is-kept", "is_secret": True}}
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def launcher(monkeypatch: pytest.MonkeyPatch, hand_over: HandOver, transactional_db: None) -> Iterator[None]:
    """Runs are planned as they are where Temporal is there."""
    monkeypatch.setattr("apps.workflows.launcher.check_reachable", lambda _: None)
    actions.ensure_organization("local", "")
    with JqProcess() as evaluator:
        hand_over(launchers=launchers(WorkflowLauncher(str, machine().bell, evaluator, "1.0"), WORKFLOW_EXECUTION))
        yield


def make(kind: str, spec: Json) -> Resource:
    envelope = {"metadata": {"name": unique("made"), "owner_scope": "organization"}, "spec": spec}
    return actions.create(draft_from_json(BY_NAME[kind], envelope, LOCAL), LOCAL).row


def claim() -> list[RunPlan]:
    with write_transaction():
        return plans.claim(10)


def begun() -> RunPlan:
    """A run under way: its first step is done, its second has begun."""
    instance = make("WorkflowInstance", {"workflow_id": make("Workflow", WORKFLOW_SPEC).pk})
    envelope = {"metadata": {}, "spec": {"workflow_instance_id": instance.pk, "runtime_env": KEY}}
    create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, envelope, LOCAL), LOCAL)
    [plan] = claim()
    with write_transaction():
        ledger.begin(plan.execution_id, "/first", 1)
        ledger.end(plan.execution_id, "/first", 1, {"reason": "", "status": 200, "body": "done"})
        ledger.begin(plan.execution_id, "/second", 1)
    return plan


def end(plan: RunPlan, phase: Phase = Phase.FAILED) -> str:
    failed_task = "/second" if phase is Phase.FAILED else ""
    with write_transaction():
        ending.store_end(RunEnd(plan.execution_id, phase.name, error="no", failed_task=failed_task))
    return plan.execution_id


def retried(execution_id: str) -> str:
    made = retry(execution_id, "", LOCAL)
    return str(message_class(WORKFLOW_EXECUTION).FromString(made).metadata.id)  # type: ignore[attr-defined]  # an envelope


def test_plan_variables_and_steps_go_to_the_run_that_retries_it() -> None:
    plan = begun()
    second = retried(end(plan))
    assert set(StepRecord.objects.values_list("execution_id", "path")) == {(second, ""), (second, "/first")}
    [taken] = claim()
    assert (taken.execution_id, taken.workflow_id, taken.nonce) == (second, plan.execution_id, plan.nonce)
    assert plans.secrets_of(second).values == {"KEY": "hunter2-that-is-kept"}
    with write_transaction():
        assert ledger.begin(second, "/first", 1).result["body"] == "done"
        assert not ledger.begin(second, "/second", 1).is_repeat


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.CANCELLED])
def test_of_a_run_that_has_not_failed_nothing_is_kept(phase: Phase) -> None:
    end(begun(), phase)
    assert not StepRecord.objects.exists()


def test_variables_are_kept_sealed_and_under_the_newest_key() -> None:
    execution_id = end(begun())
    assert not ExecutionContext.objects.exists()
    rotation = rotate()
    assert rotation
    assert {record.result.partition(":")[0] for record in StepRecord.objects.exclude(result="")} == {rotation.key_id}
    assert "hunter2" not in str([*StepRecord.objects.values(), *ExecutionEvent.objects.values()])
    claimed = retried(execution_id)
    assert [plan.execution_id for plan in claim()] == [claimed]
    assert plans.secrets_of(claimed).values == {"KEY": "hunter2-that-is-kept"}


def test_it_is_kept_for_a_while_and_goes_with_the_run() -> None:
    old, young = end(begun()), end(begun())
    WorkflowExecution.objects.filter(pk=old).update(completed_at=timezone.now() - timedelta(days=8))
    under_way = begun().execution_id
    assert forget_steps(timezone.now(), WEEK) == 1
    assert set(StepRecord.objects.values_list("execution_id", flat=True)) == {young, under_way}
    with pytest.raises(NotRetryable, match="what it did is not kept any more") as refused:
        retry(old, "", LOCAL)
    assert refused.value.hint == f"`stigmer executions rerun {old}` starts it from the beginning"
    actions.delete(WORKFLOW_EXECUTION, young, LOCAL, force=True)
    assert set(StepRecord.objects.values_list("execution_id", flat=True)) == {under_way}


def test_what_is_retried_and_fails_again_is_kept_anew() -> None:
    second = retried(end(begun()))
    [plan] = claim()
    assert forget_steps(timezone.now() + timedelta(days=9), WEEK) == 0
    end(plan)
    with pytest.raises(NotRetryable, match=f"was retried already, by {second}"):
        retry(plan.workflow_id, "", LOCAL)
    assert retried(second) not in (second, plan.workflow_id)


def test_a_run_that_has_ended_has_no_plan_for_temporal() -> None:
    """It would begin again."""
    execution_id = end(begun())
    assert plans.planned(execution_id) is None
    assert plans.kept_plan(execution_id) is not None
