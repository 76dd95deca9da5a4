"""What a run of a workflow begins with: planned when it is created, taken when it is claimed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.resources.annotations import JSON_INPUT
from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.errors import AlreadyExists, EnvironmentMissing, InvalidInput
from apps.resources.executions.actions import request_cancel
from apps.resources.executions.model import Execution, Phase, StepRecord
from apps.resources.json_value import Json
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.ports import machine
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.workflows.expressions import JqProcess
from apps.workflows.launcher import WorkflowLauncher
from apps.workflows.worker import ledger, plans
from apps.workflows.worker.contracts import RunPlan
from tests.factories import WORKFLOW_SPEC
from tests.suites.client import unique
from tests.support.databases import both_databases
from tests.support.machines import HandOver, launchers

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]


def make(kind: str, spec: Json) -> Resource:
    envelope = {"metadata": {"name": unique("made"), "owner_scope": "organization"}, "spec": spec}
    return actions.create(draft_from_json(BY_NAME[kind], envelope, LOCAL), LOCAL).row


@pytest.fixture
def environment(transactional_db: None) -> Resource:
    actions.ensure_organization("local", "")
    return make("Environment", {"data": {"REGION": {"value": "eu"}}})


@pytest.fixture
def instance(environment: Resource) -> Resource:
    workflow = make("Workflow", WORKFLOW_SPEC)
    return make("WorkflowInstance", {"workflow_id": workflow.pk, "env_refs": [{"slug": environment.slug}]})


def start(instance: Resource, **metadata: Json) -> Execution:
    envelope = {"metadata": metadata, "spec": {"workflow_instance_id": instance.pk}}
    return create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, envelope, LOCAL), LOCAL).row


def delete(environment: Resource) -> None:
    actions.delete(BY_NAME["Environment"], environment.pk, LOCAL)


def claim() -> list[RunPlan]:
    with write_transaction():
        return plans.claim(10)


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch, hand_over: HandOver) -> Iterator[None]:
    """Runs are planned as they are where Temporal is there."""
    monkeypatch.setattr("apps.workflows.launcher.check_reachable", lambda _: None)
    with JqProcess() as evaluator:
        planning = WorkflowLauncher(str, machine().bell, evaluator, "1.0")
        hand_over(launchers=launchers(planning, WORKFLOW_EXECUTION))
        yield


@pytest.mark.usefixtures("launcher")
def test_a_run_without_an_environment_of_its_instance_is_refused(instance: Resource, environment: Resource) -> None:
    delete(environment)
    named = f"environment '{environment.slug}', which instance '{instance.slug}'"
    with pytest.raises(EnvironmentMissing, match=named):
        start(instance)
    assert not WorkflowExecution.objects.exists()
    assert not StepRecord.objects.exists()
    assert not ExecutionContext.objects.exists()


@pytest.mark.usefixtures("launcher")
def test_runs_begin_as_they_were_asked_for_whatever_was_deleted_since(
    instance: Resource, environment: Resource
) -> None:
    runs = [start(instance), start(instance)]
    delete(environment)
    taken = claim()
    assert [plan.execution_id for plan in taken] == [run.pk for run in runs]
    assert [plan.env_vars for plan in taken] == [{"REGION": "eu"}, {"REGION": "eu"}]
    assert set(WorkflowExecution.objects.values_list("phase", "attempt")) == {(Phase.IN_PROGRESS, 1)}
    assert claim() == []


@pytest.mark.usefixtures("launcher")
def test_of_a_run_that_is_cancelled_before_it_begins_nothing_stays(instance: Resource) -> None:
    run = start(instance)
    assert ExecutionContext.objects.exists()
    request_cancel(WORKFLOW_EXECUTION, run.pk, "a change of mind", LOCAL)
    assert claim() == []
    assert not StepRecord.objects.exists()
    assert not ExecutionContext.objects.exists()


@pytest.mark.usefixtures("launcher")
def test_a_plan_that_cannot_be_read_fails_its_run_and_no_other(instance: Resource) -> None:
    damaged, good = start(instance), start(instance)
    StepRecord.objects.filter(execution_id=damaged.pk).update(result="k9:gone")
    assert [plan.execution_id for plan in claim()] == [good.pk]
    ended = WorkflowExecution.objects.get(pk=damaged.pk)
    assert (ended.phase, ended.error) == (Phase.FAILED, "its plan cannot be read: KeyError")


@pytest.mark.usefixtures("launcher")
def test_the_id_of_a_run_is_taken_and_whoever_wants_it_changes_nothing(instance: Resource) -> None:
    run = start(instance)
    for _ in range(2):
        with pytest.raises(AlreadyExists):
            start(instance, id=run.pk, slug=run.slug)
    assert StepRecord.objects.count() == 1
    assert [plan.execution_id for plan in claim()] == [run.pk]


@pytest.mark.usefixtures("launcher")
def test_what_a_run_that_is_gone_has_left_does_not_keep_its_id(instance: Resource) -> None:
    run = start(instance)
    actions.delete(WORKFLOW_EXECUTION, run.pk, LOCAL, force=True)
    with write_transaction():
        ledger.keep_plan(run.pk, {})
    again = start(instance, id=run.pk, slug=run.slug)
    assert again.pk == run.pk
    assert [plan.execution_id for plan in claim()] == [run.pk]


@pytest.mark.usefixtures("launcher")
def test_a_step_that_ends_after_its_run_was_deleted_leaves_no_record(instance: Resource) -> None:
    run = start(instance)
    claim()
    with write_transaction():
        ledger.begin(run.pk, "call", 1)
    actions.delete(WORKFLOW_EXECUTION, run.pk, LOCAL, force=True)
    with write_transaction():
        ledger.end(run.pk, "call", 1, "the answer")
    assert not StepRecord.objects.exists()


def flow(*tasks: Json, **spec: Json) -> Resource:
    """The instance of a workflow of these tasks."""
    workflow = make("Workflow", {**WORKFLOW_SPEC, "tasks": list(tasks), **spec})
    return make("WorkflowInstance", {"workflow_id": workflow.pk})


def assign(value: str, name: str = "use") -> Json:
    return {"name": name, "kind": "WORKFLOW_TASK_KIND_SET", "task_config": {"variables": {"v": value}}}


def start_with(instance: Resource, *, annotations: dict[str, str] | None = None, **spec: Json) -> Execution:
    envelope = {"metadata": {"annotations": annotations or {}}, "spec": {"workflow_instance_id": instance.pk, **spec}}
    return create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, envelope, LOCAL), LOCAL).row


def loop(*do: Json) -> Json:
    return {"name": "f", "kind": "WORKFLOW_TASK_KIND_FOR", "task_config": {"each": "x", "in": "${ [1] }", "do": [*do]}}


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize(
    "value",
    [
        "${ .secrets.MISSING }",
        "key ${ .secrets.MISSING }",
        '${ $context["a"] + .secrets["MISSING"] }',
        "${ $secrets.MISSING }",
        "${ if .a then .secrets.MISSING else 1 end }",
        '${ "x \\(.secrets.MISSING)" }',
        "${ .a // .secrets.MISSING }",
    ],
)
def test_a_run_is_refused_while_a_secret_that_a_task_mentions_has_no_value(value: str) -> None:
    instance = flow(loop(assign(value)))
    with pytest.raises(InvalidInput) as refused:
        start_with(instance)
    assert [str(each) for each in refused.value.violations] == [
        'spec.runtime_env["MISSING"]: is used by task use and has no value'
    ]
    assert "--runtime-env secret:MISSING" in refused.value.hint
    assert not WorkflowExecution.objects.exists()
    start_with(instance, runtime_env={"MISSING": {"value": "given", "is_secret": True}})


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize(
    "value",
    [
        '${ .secrets.MISSING // "none" }',
        "${ (.env_vars.MISSING) // 1 }",
        "${ .env_vars.MISSING? }",
        "${ .a.secrets.MISSING }",
        "${ .a | .secrets.MISSING }",
        "${ .a | map(.secrets.MISSING) }",
        "secrets.MISSING",
        "${ .secrets }",
    ],
)
def test_what_has_a_default_or_means_something_else_may_be_missing(value: str) -> None:
    start_with(flow(assign(value), env_spec={"data": {"OTHER": {"value": "x"}}}))


def when(condition: str) -> Json:
    cases = [{"name": "large", "when": condition, "then": "end"}]
    return {"name": "kind", "kind": "WORKFLOW_TASK_KIND_SWITCH", "task_config": {"cases": cases}}


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize(
    "condition",
    [
        "${ $input.amount > 100 }",
        "${ 100 <= $input.amount }",
        "${ $input.amount == true }",
        "${ ($input.amount) == -1 }",
        '${ $input["amount"] } >= 1.5',
        "${ $input.trigger_metadata.amount < 3 }",
        "${ .a and $input.amount != 3 }",
        "${ if $input.amount > 1 then true else false end }",
    ],
)
def test_a_text_that_is_compared_with_a_number_is_refused_and_a_number_is_not(condition: str) -> None:
    instance = flow(when(condition), assign("1"))
    with pytest.raises(InvalidInput) as refused:
        start_with(instance, trigger_metadata={"amount": "7"})
    assert 'trigger_metadata["amount"]: is text, and spec.tasks[0]' in str(refused.value.violations[0])
    assert refused.value.hint.endswith("--input amount:=7")
    start_with(instance, trigger_metadata={"amount": "7"}, annotations={JSON_INPUT: '["amount"]'})
    (plan,) = claim()
    assert plan.input["amount"] == 7
    assert plan.input["trigger_metadata"] == {"amount": 7}


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize("condition", ['${ $input.amount == "7" }', "${ $input.amount == .a }", "${ $input.b > 1 }"])
def test_a_text_that_is_compared_with_text_is_text(condition: str) -> None:
    start_with(flow(when(condition), assign("1")), trigger_metadata={"amount": "7"})
    (plan,) = claim()
    assert (plan.input["amount"], plan.input_texts) == ("7", ["7"])


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize(
    ("names", "value", "complaint"),
    [
        ("amount", "7", "must be a JSON list of names"),
        ("{}", "7", "must be a JSON list of names"),
        ('["other"]', "7", "names other, which"),
        ('["amount"]', "seven", 'trigger_metadata["amount"]: is not JSON'),
        ('["amount"]', "NaN", "is not JSON"),
    ],
)
def test_what_is_no_json_is_refused(names: str, value: str, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        start_with(flow(assign("1")), trigger_metadata={"amount": value}, annotations={JSON_INPUT: names})
    assert complaint in str(refused.value.violations[0])
