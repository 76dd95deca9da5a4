"""Whether a run of a workflow can begin: asked when it is created, and again when it is claimed."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.resources import actions
from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.codec import draft_from_json
from apps.resources.errors import EnvironmentMissing
from apps.resources.executions.model import Execution, Phase
from apps.resources.kind import Json
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.kinds.workflow_execution.kind import WorkflowExecutionKind
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.resources.transaction import write_transaction
from apps.workflows.expressions import JqProcess
from apps.workflows.launcher import WorkflowLauncher
from apps.workflows.worker import plans
from tests.factories import WORKFLOW_SPEC
from tests.suites.client import unique
from tests.suites.idle_runs import IdleLauncher

pytestmark = pytest.mark.django_db(transaction=True)


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


def start(instance: Resource) -> Execution:
    envelope = {"spec": {"workflow_instance_id": instance.pk}}
    return plans.as_run(create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, envelope, LOCAL), LOCAL).row)


def delete(environment: Resource) -> None:
    actions.delete(BY_NAME["Environment"], environment.pk, LOCAL)


def claim(run: Execution) -> object:
    with write_transaction():
        return plans.claim(run.pk, "1.0")


def test_a_run_without_an_environment_of_its_instance_is_refused(
    instance: Resource, environment: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(environment)
    named = f"environment '{environment.slug}', which instance '{instance.slug}'"
    with JqProcess() as evaluator:
        monkeypatch.setattr(WorkflowExecutionKind, "launcher", WorkflowLauncher("", Path(), evaluator))
        with pytest.raises(EnvironmentMissing, match=named):
            start(instance)
    assert not WorkflowExecution.objects.exists()


def test_an_environment_that_is_deleted_before_the_run_begins_fails_it(
    instance: Resource, environment: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkflowExecutionKind, "launcher", IdleLauncher())
    kept, lost = start(instance), start(instance)
    assert claim(kept) is not None
    delete(environment)
    assert claim(lost) is None
    ended = WorkflowExecution.objects.get(pk=lost.pk)
    assert ended.phase == Phase.FAILED
    assert ended.error == (
        f"environment {environment.slug!r}, which instance {instance.slug!r} refers to, does not exist"
    )
    assert list(ExecutionContext.objects.values_list("execution_id", flat=True)) == [kept.pk]
