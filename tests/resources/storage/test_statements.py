"""The statements that are made once read and write what the ORM reads and writes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, models
from django.utils import timezone

from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.executions.model import Phase, StepRecord
from apps.resources.executions.steps import find_step, keep_step
from apps.resources.kinds.workflow.model import Workflow
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import BY_NAME
from apps.resources.storage.statements import (
    fetch_all,
    fetch_row,
    fetch_rows,
    fetch_values,
    find,
    find_newest,
    insert_rows,
    insert_values,
    new_row,
    update_row,
    update_rows,
)
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from tests.factories import WORKFLOW_SPEC
from tests.suites.client import unique
from tests.support.databases import both_databases

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]


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


def test_several_rows_are_read_and_stored_as_one_is(workflow: Resource) -> None:
    other = Workflow.objects.get(pk=workflow.pk)
    other.pk, other.slug = f"{workflow.pk}x", unique("flow")
    other.save(force_insert=True)
    found = fetch_rows(Workflow, [other.pk, "wfl-nobody", workflow.pk])
    assert [values(row) for row in found] == [values(row) for row in Workflow.objects.order_by("pk")]
    for row in found:
        row.name, row.labels, row.version = row.pk, {"ä": row.slug}, 9
    update_rows(found, ("name", "labels"))
    stored = Workflow.objects.order_by("pk").values_list("name", "labels", "version")
    assert [*stored] == [(row.pk, {"ä": row.slug}, 1) for row in found]

    def newest(before: str = "", most: int = 9, org: str = "local") -> list[str]:
        rows = find_newest(Workflow, ("labels",), {"org": org}, before=before, most=most, at_once=1)
        return [pk for pk, labels in rows if isinstance(labels, dict)]

    assert newest() == [other.pk, workflow.pk]
    assert newest(most=1) == [other.pk]
    assert newest(before=other.pk) == [workflow.pk]
    assert newest(org="other") == newest(before=workflow.pk) == []


@pytest.mark.parametrize("empty", [{}, [], "", 0, False])
def test_rows_are_inserted_as_the_orm_inserts_them(workflow: Resource, empty: object) -> None:
    now = timezone.now().astimezone(timezone.get_fixed_timezone(330))
    known = {
        "slug": "s",
        "spec": empty,
        "labels": {"ä": [1.5, None]},
        "created_at": now,
        "snapshot": b"\0\xff",
        "org": "o",
    }
    insert_rows([Workflow(id="wfl-1", **known)])
    insert_values(Workflow, [values(new_row(Workflow, {"id": "wfl-2", **known, "slug": "u"}))])
    Workflow(id="wfl-3", **{**known, "slug": "t"}).save(force_insert=True)
    ours, values_of_ours, theirs = (values(Workflow.objects.get(pk=f"wfl-{number}")) for number in (1, 2, 3))
    for stored in (ours, values_of_ours):
        differing = {name for name, value in stored.items() if value != theirs[name]}
        assert differing <= {"id", "slug", "updated_at", "status_updated_at"}


def test_an_identity_is_stored_once(workflow: Resource) -> None:
    with pytest.raises(IntegrityError):
        insert_rows([new_row(Workflow, {**values(workflow), "id": "wfl-other"})])


def test_a_new_row_shares_nothing_with_others() -> None:
    one, other = new_row(Workflow, {"id": "wfl-1"}), new_row(Workflow, {"id": "wfl-2"})
    one.labels["a"] = "b"
    assert (other.labels, other.pk, other._state.adding) == ({}, "wfl-2", True)


def test_rows_are_found_by_the_values_of_a_column(workflow: Resource) -> None:
    insert_rows([new_row(Workflow, {"id": "wfl-1", "slug": "other"})])
    assert sorted(find(Workflow, ("id",), "slug", ["other", workflow.slug, "none"])) == sorted(
        [("wfl-1",), (workflow.pk,)]
    )
    assert find(Workflow, ("id",), "slug", ["none"]) == []


def test_a_row_is_added_or_stored_in_the_one_that_is_there() -> None:
    begun = StepRecord(execution_id="wex-1", key="a", attempt=1, path="/a", request_hash="#", began_at=timezone.now())
    insert_rows([begun])
    for attempt, result in ((1, "one"), (2, "two"), (2, "two again")):
        keep_step("wex-1", "a", attempt, path=f"/{result}", result=result)
    kept = [find_step("wex-1", "a", attempt) for attempt in (1, 2)]
    assert [(row.path, row.request_hash, row.result, row.has_ended) for row in kept if row] == [
        ("/a", "#", "one", True),
        ("/two", "", "two again", True),
    ]


def flows_called(name: str, most: int) -> models.QuerySet[Workflow, tuple[str, object]]:
    return Workflow.objects.filter(name=name).order_by("pk").values_list("slug", "created_at")[:most]


def test_all_rows_of_a_query_are_found_as_the_orm_finds_them(workflow: Resource) -> None:
    assert fetch_all(flows_called, workflow.name, 10) == [(workflow.slug, workflow.created_at)]
    assert fetch_all(flows_called, "100 %s", 10) == []
    insert_rows([new_row(Workflow, {"id": f"wfl-{n}", "slug": f"other-{n}", "name": "100 %s"}) for n in range(3)])
    assert [slug for slug, _ in fetch_all(flows_called, "100 %s", 2)] == ["other-0", "other-1"]
