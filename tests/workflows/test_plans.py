"""What a run of a workflow begins with: planned when it is created, taken when it is claimed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.errors import AlreadyExists, InvalidInput
from apps.resources.executions.actions import request_cancel
from apps.resources.executions.model import Execution, Phase, StepRecord
from apps.resources.json_value import Json
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.workflow_execution.actions import NOTHING, create_workflow_execution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.ports import machine
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.resources.run_errors import EnvironmentMissing
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.shared.annotations import INPUT_SCHEMA
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
    actions.delete(BY_NAME["Environment"], environment.pk, LOCAL, force=True)


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


def start_with(instance: Resource, *, typed: Json = NOTHING, **spec: Json) -> WorkflowExecution:
    envelope = {"spec": {"workflow_instance_id": instance.pk, **spec}}
    return create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, envelope, LOCAL), LOCAL, typed=typed).row


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
        "${ (.secrets | .MISSING) }",
        '${ $secrets | .["MISSING"] | @uri }',
        "${ .secrets as $s | $s.MISSING }",
        '${ .secrets as $s | "x \\($s | .MISSING)" }',
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


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize(
    ("value", "is_secret", "complaint", "hint"),
    [
        (
            "${ .secrets.KEY }",
            False,
            "as .secrets.KEY, and its value is not given as a secret",
            "--runtime-env secret:KEY, or in an environment of the instance, as a secret; or use .env_vars.KEY",
        ),
        (
            "key ${ .env_vars.KEY }",
            True,
            "as .env_vars.KEY, and its value is a secret",
            "--runtime-env KEY=VALUE, or in an environment of the instance, as a value that is no secret",
        ),
    ],
)
def test_a_secret_that_was_given_as_none_is_refused_and_the_other_way_round(
    value: str, is_secret: bool, complaint: str, hint: str
) -> None:
    instance = flow(loop(assign(value)))
    with pytest.raises(InvalidInput) as refused:
        start_with(instance, runtime_env={"KEY": {"value": "given", "is_secret": is_secret}})
    assert [str(each) for each in refused.value.violations] == [
        f'spec.runtime_env["KEY"]: is used by task use {complaint}'
    ]
    assert hint in refused.value.hint
    assert not WorkflowExecution.objects.exists()
    start_with(instance, runtime_env={"KEY": {"value": "given", "is_secret": not is_secret}})


@pytest.mark.usefixtures("launcher", "environment")
def test_an_expression_may_take_either_of_them() -> None:
    instance = flow(assign("${ .secrets.KEY // .env_vars.KEY }"))
    start_with(instance, runtime_env={"KEY": {"value": "given"}})


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
    run = start_with(instance, typed={"amount": 7})
    assert (run.spec or {})["trigger_metadata"] == {"amount": "7"}
    (plan,) = claim()
    assert plan.input["amount"] == 7
    assert plan.input["trigger_metadata"] == {"amount": 7}


@pytest.mark.usefixtures("launcher", "environment")
@pytest.mark.parametrize("condition", ['${ $input.amount == "7" }', "${ $input.amount == .a }", "${ $input.b > 1 }"])
def test_a_text_that_is_compared_with_text_is_text(condition: str) -> None:
    start_with(flow(when(condition), assign("1")), trigger_metadata={"amount": "7"})
    (plan,) = claim()
    assert (plan.input["amount"], plan.input_texts) == ("7", ["7"])


SCHEMA = {
    "properties": {"amount": {"type": "number"}, "day": {"type": "string"}, "limit": {"default": 3}},
    "required": ["day"],
}


def declared(*tasks: Json) -> Resource:
    """An instance of a workflow that declares its input."""
    spec = {**WORKFLOW_SPEC, "tasks": [*tasks]}
    metadata = {"name": unique("declared"), "annotations": {INPUT_SCHEMA: json.dumps(SCHEMA)}}
    envelope = {"metadata": {**metadata, "owner_scope": "organization"}, "spec": spec}
    workflow = actions.create(draft_from_json(BY_NAME["Workflow"], envelope, LOCAL), LOCAL).row
    return make("WorkflowInstance", {"workflow_id": workflow.pk})


@pytest.mark.usefixtures("launcher", "environment")
def test_declared_input_is_typed_completed_and_kept() -> None:
    instance = declared(when("${ $input.amount > 100 }"), assign("1"))
    run = start_with(instance, typed={"note": [1]}, trigger_metadata={"amount": "7", "day": "12"})
    assert run.input == {"amount": 7, "day": "12", "limit": 3, "note": [1]}
    assert (run.spec or {})["trigger_metadata"] == {"amount": "7", "day": "12", "limit": "3", "note": "[1]"}
    (plan,) = claim()
    assert (plan.input["amount"], plan.input["limit"]) == (7, 3)


@pytest.mark.usefixtures("launcher", "environment")
def test_input_that_is_not_as_declared_is_refused_whole_and_nothing_is_stored() -> None:
    instance = declared(assign("1"))
    with pytest.raises(InvalidInput) as refused:
        start_with(instance, trigger_metadata={"amount": "seven"})
    assert [each.path for each in refused.value.violations] == [
        'spec.trigger_metadata["amount"]',
        'spec.trigger_metadata["day"]',
    ]
    assert not WorkflowExecution.objects.exists()


@pytest.mark.usefixtures("environment")
def test_a_workflow_whose_schema_is_none_is_refused() -> None:
    metadata = {"name": unique("flow"), "owner_scope": "organization", "annotations": {INPUT_SCHEMA: '{"type": 7}'}}
    with pytest.raises(InvalidInput, match="is no JSON Schema at type"):
        draft_from_json(BY_NAME["Workflow"], {"metadata": metadata, "spec": WORKFLOW_SPEC}, LOCAL)
