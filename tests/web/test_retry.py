"""Runs that failed, retried from their pages: where that is offered, what is sent, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.resources.admin.links import change_url
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.executions.steps import find_aside, note_failed_task, put_aside
from apps.resources.registry import WORKFLOW_EXECUTION
from tests.suites.client import unique
from tests.support.machines import IdleLauncher, handed_over, launchers
from tests.web.browsing import Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter
from tests.web.stored import store

BUTTON = "Retry from the task that failed"


@pytest.fixture
def failed(client: Client) -> Iterator[str]:
    """The id of a run that failed in its second task, and whose steps are kept."""
    del client
    run = store("WorkflowExecution", "").pk
    WORKFLOW_EXECUTION.model.objects.filter(pk=run).update(phase=Phase.FAILED, error="no")
    put_aside(run, "")
    note_failed_task(run, "/ship")
    for number, (name, status) in enumerate((("order", "COMPLETED"), ("ship", "FAILED")), start=5):
        data = {"task_id": f"/{name}", "task_name": name, "status": f"WORKFLOW_TASK_{status}"}
        at = WORKFLOW_EXECUTION.model.objects.get(pk=run).created_at
        ExecutionEvent.objects.create(execution_id=run, number=number, type="task", data=data, at=at)
    with handed_over(launchers=launchers(IdleLauncher())):
        yield run


def test_a_run_that_failed_goes_on_from_its_page_and_the_two_link_to_each_other(client: Client, failed: str) -> None:
    url = change_url(WORKFLOW_EXECUTION, failed)
    assert BUTTON in client.get(url).content.decode()
    answer = client.post(f"{url.removesuffix('change/')}retry/", {"task": ""}, follow=True)
    page = answer.content.decode()
    again = WORKFLOW_EXECUTION.model.objects.exclude(pk=failed).get()
    assert answer.redirect_chain == [(change_url(WORKFLOW_EXECUTION, again.pk), 302)]
    assert "It goes on from /ship: what was done before is kept." in page
    assert url in page
    assert change_url(WORKFLOW_EXECUTION, again.pk) in client.get(url).content.decode()
    refused = client.post(f"{url.removesuffix('change/')}retry/", {"task": ""}, follow=True).content.decode()
    assert f"was retried already, by {again.pk}" in refused


def test_only_a_run_whose_steps_are_kept_offers_it(client: Client, failed: str) -> None:
    record = find_aside(failed)
    assert record
    record.delete()
    assert BUTTON not in client.get(change_url(WORKFLOW_EXECUTION, failed)).content.decode()
    assert BUTTON not in client.get(change_url(WORKFLOW_EXECUTION, store("AgentExecution", "").pk)).content.decode()


def test_it_is_offered_once_a_run_fails_and_from_each_of_its_tasks(visit: Callable[..., Visit], site: Site) -> None:
    visitor = visit()
    visitor.sign_in()
    with RunWriter(site.web.data_dir) as writer:
        run = writer.store("WorkflowExecution", unique("ship"))
        writer.claim(run)
        data = {"task_id": "/order", "task_name": "order", "status": "WORKFLOW_TASK_COMPLETED"}
        metadata = {"kind": "HTTP_CALL", "path": "/order", "attempt": 1, "done_in_try": 1}
        writer.append(run, ("task", {**data, "metadata": metadata}))
        page = visitor.open(change_url(WORKFLOW_EXECUTION, run))
        expect(page.locator(".run-kind")).to_have_text("HTTP_CALL · done in try 1")
        expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()
        writer.finish(run, "FAILED", "no")
        expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
        page.locator(".run-task summary").click()
        with page.expect_request(lambda asked: asked.url.endswith("/retry/")) as sent:
            page.get_by_role("button", name="Retry from here").click()
        assert "task=%2Forder" in (sent.value.post_data or "")
