"""Signals sent from the page of a run, and shown there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.resources.admin.links import change_url
from apps.resources.executions.model import Phase, RunSignal
from apps.resources.registry import WORKFLOW, WORKFLOW_EXECUTION
from tests.suites.client import unique
from tests.support.machines import IdleLauncher, handed_over, launchers
from tests.web.browsing import Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter
from tests.web.stored import store

LISTEN = {"to": {"mode": "one", "signals": [{"id": "go", "type": "signal"}, {"id": "ask", "type": "query"}]}}
BRANCH = {"name": "a", "do": [{"name": "wait", "kind": "WORKFLOW_TASK_KIND_LISTEN", "task_config": LISTEN}]}


@pytest.fixture
def run(client: Client) -> Iterator[str]:
    """The id of a run of a workflow that listens in a branch."""
    del client
    row = WORKFLOW_EXECUTION.model.objects.get(pk=store("WorkflowExecution", "").pk)
    fork = {"name": "fork", "kind": "WORKFLOW_TASK_KIND_FORK", "task_config": {"branches": [BRANCH, BRANCH]}}
    workflow = WORKFLOW.model.objects.get(pk=row.target_id)
    workflow.spec = {**workflow.spec, "tasks": [fork]}
    workflow.save(update_fields=["spec"])
    with handed_over(launchers=launchers(IdleLauncher())):
        yield row.pk


def test_a_signal_is_sent_once_however_often_the_form_is(client: Client, run: str) -> None:
    url = change_url(WORKFLOW_EXECUTION, run)
    page = client.get(url).content.decode()
    [key] = re.findall(r'name="key" value="(\w+)"', page)
    assert re.findall(r'<option value="(.*?)">', page) == ["go"]
    send = url.removesuffix("change/") + "signal/"
    for _ in range(2):
        sent = client.post(send, {"name": "go", "data": '{"by": "Ann"}', "key": key}, follow=True).content.decode()
        assert "go is sent, and kept until a task takes it." in sent
    assert [(signal.name, signal.key) for signal in RunSignal.objects.filter(execution_id=run)] == [("go", key)]
    refused = client.post(send, {"name": "go", "data": "so", "key": key}, follow=True).content.decode()
    assert "The data is no JSON" in refused
    news = client.get(url.removesuffix("change/") + "news/?after=0").json()
    signals = [change for change in news["changes"] if change["type"] == "signal"]
    assert [(change["name"], change["state"], change["sender"]) for change in signals] == [("go", "kept", "local")]


def test_it_is_offered_where_something_listens_and_the_run_goes_on(client: Client, run: str) -> None:
    assert "Send a signal" in client.get(change_url(WORKFLOW_EXECUTION, run)).content.decode()
    assert (
        "Send a signal"
        not in client.get(change_url(WORKFLOW_EXECUTION, store("WorkflowExecution", "").pk)).content.decode()
    )
    WORKFLOW_EXECUTION.model.objects.filter(pk=run).update(phase=Phase.COMPLETED)
    assert "Send a signal" not in client.get(change_url(WORKFLOW_EXECUTION, run)).content.decode()


def test_a_run_is_paused_goes_on_and_is_terminated_from_its_page(client: Client, run: str) -> None:
    url = change_url(WORKFLOW_EXECUTION, run)

    def done(what: str) -> str:
        return client.post(f"{url.removesuffix('change/')}{what}/", follow=True).content.decode()

    for what, offered, said in (("pause", "resume", "The run is paused"), ("resume", "pause", "The run goes on.")):
        page = done(what)
        assert said in page
        assert f"data-{what} hidden" in page
        assert f"data-{offered}>" in page
    assert "The run is terminated." in done("terminate")
    ended = WORKFLOW_EXECUTION.model.objects.get(pk=run)
    assert (ended.phase, ended.error) == (Phase.CANCELLED, "terminated: in the admin")
    for what in ("pause", "resume", "terminate"):
        page = done(what)
        assert "has already ended: cancelled" in page
        assert f"stigmer executions rerun {run}" in page
        assert "data-terminate" not in page


def test_the_page_tells_what_became_of_each_and_links_to_runs_of_workflows(
    visit: Callable[..., Visit], site: Site
) -> None:
    visitor = visit()
    visitor.sign_in()
    with RunWriter(site.web.data_dir) as writer:
        run = writer.store("WorkflowExecution", unique("listens"))
        writer.claim(run)
        child = writer.store(
            "WorkflowExecution",
            f"{run}-0011223344556677",
            {"workflow_instance_id": writer.store("WorkflowInstance", unique("calls"))},
            labels={"stigmer.ai/workflow-execution": run},
            annotations={"stigmer.ai/workflow-task": "/ask"},
        )
        metadata = {"kind": "RUN", "path": "/ask", "attempt": 1}
        task = {"task_id": "/ask", "task_name": "ask", "status": "WORKFLOW_TASK_IN_PROGRESS", "metadata": metadata}
        kept = {"number": 1, "name": "go", "state": "kept", "sender": "ann"}
        writer.append(
            run, ("signal", kept), ("task", {**task, "metadata": {"kind": "RUN", "path": "/ask", "attempt": 1}})
        )
        page = visitor.open(change_url(WORKFLOW_EXECUTION, run))
        signals = page.locator(".run-signals li")
        expect(signals).to_contain_text("go sent by ann, waits for a task")
        expect(page.locator(".run-agent")).to_have_text(f"run by the workflow as {child}")
        writer.append(run, ("signal", {**kept, "state": "taken", "sender": "", "task": "/wait"}))
        expect(signals).to_contain_text("go taken by /wait")
        expect(signals).to_have_count(1)
        for waiting, offered in (("paused", "Resume"), ("", "Pause")):
            writer.append(run, ("waiting", {"waiting": waiting, "reason": "lunch"}))
            expect(page.get_by_role("button", name=re.compile("^(Pause|Resume)$"))).to_have_text(offered)
