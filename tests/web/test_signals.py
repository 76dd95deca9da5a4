"""Signals sent from the page of a run, and shown there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from apps.resources.admin.links import change_url
from apps.resources.executions.model import Phase, RunSignal
from apps.resources.registry import WORKFLOW, WORKFLOW_EXECUTION
from tests.support.machines import IdleLauncher, handed_over, launchers
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
