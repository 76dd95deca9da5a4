"""The statements that are made once read and write what the ORM reads and writes."""

from __future__ import annotations

import pytest
from django.db import models
from django.utils import timezone

from apps.resources import actions
from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.codec import draft_from_json
from apps.resources.executions.model import Phase
from apps.resources.kinds.workflow.model import Workflow
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import BY_NAME
from apps.resources.statements import fetch_row, fetch_values, update_row
from tests.factories import WORKFLOW_SPEC
from tests.suites.client import unique

pytestmark = pytest.mark.django_db(transaction=True)


def values(row: models.Model | None) -> dict[str, object]:
    assert row is not None
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.fixture
def workflow(transactional_db: None) -> Resource:
    actions.ensure_organization("local", "")
    envelope = {
        "metadata": {"name": unique("flow"), "owner_scope": "organization", "labels": {"ä": '"ü"'}, "tags": ["x"]},
        "spec": WORKFLOW_SPEC,
    }
    return actions.create(draft_from_json(BY_NAME["Workflow"], envelope, LOCAL), LOCAL).row


@pytest.fixture
def run(workflow: Resource) -> WorkflowExecution:
    now = timezone.now()
    instance = workflow.status["default_instance_id"]
    row = WorkflowExecution(
        id=f"wex-{unique('run')}", slug=unique("run"), instance_id=instance, created_at=now, lease_until=now, version=1
    )
    row.updated_at = row.status_updated_at = now
    row.callback_token, row.spec = b"\0\xff", {"trigger_message": "é"}
    row.save(force_insert=True)
    return row


def test_a_row_is_the_same_either_way(workflow: Resource, run: WorkflowExecution) -> None:
    assert values(fetch_row(Workflow, workflow.pk)) == values(Workflow.objects.get(pk=workflow.pk))
    fetched = fetch_row(WorkflowExecution, run.pk)
    assert values(fetched) == values(WorkflowExecution.objects.get(pk=run.pk))
    assert fetched is not None
    assert (fetched._state.adding, fetched._state.db) == (False, "default")
    assert fetched.instance.workflow_id == workflow.pk


def test_there_may_be_no_such_row(workflow: Resource) -> None:
    assert fetch_row(Workflow, "wfl-nobody") is None
    assert fetch_values(Workflow, "wfl-nobody", ("slug",)) is None
    assert fetch_values(Workflow, workflow.pk, ("slug", "tags")) == [workflow.slug, ["x"]]


def test_an_update_stores_what_is_named_and_nothing_else(run: WorkflowExecution) -> None:
    run.phase, run.lease_until, run.error, run.attempt = Phase.FAILED, None, "no", 9
    update_row(run, ("phase", "lease_until", "error"))
    stored = WorkflowExecution.objects.get(pk=run.pk)
    assert (stored.phase, stored.lease_until, stored.error, stored.attempt) == (Phase.FAILED, None, "no", 0)
