"""Runs in the admin, without a browser: what is new, what ends, what links, and what it costs."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.resources.admin.links import change_url, list_url
from apps.resources.admin.live.news import MOST_CHARACTERS, MOST_EVENTS, combined
from apps.resources.admin.live.texts import LONGEST, as_json
from apps.resources.admin.moments import duration
from apps.resources.base import Resource
from apps.resources.executions import actions
from apps.resources.executions.events import EVENTS
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.registry import AGENT_EXECUTION, BY_NAME, WORKFLOW_EXECUTION
from tests.support.databases import both_databases
from tests.web.conftest import HOST
from tests.web.stored import store

pytestmark = both_databases

OWNER = "a test"
RUNS = pytest.mark.parametrize("kind", [AGENT_EXECUTION, WORKFLOW_EXECUTION], ids=lambda kind: kind.name)


def begun(kind: ExecutionKind, name: str = "run", *events: tuple[str, dict[str, Any]]) -> Resource:
    row = store(kind.name, name)
    actions.claim(kind, row.pk, OWNER, seconds=60)
    append(kind, row, *events)
    return row


def append(kind: ExecutionKind, row: Resource, *events: tuple[str, dict[str, Any]]) -> None:
    actions.append(kind, row.pk, OWNER, [EVENTS[name].from_data(data) for name, data in events])


def news_of(client: Client, kind: ExecutionKind, row: Resource, **query: Any) -> dict[str, Any]:
    answer = client.get(f"{list_url(kind)}{row.pk}/news/", query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    found: dict[str, Any] = json.loads(answer.content)
    return found


def said(index: int, text: str = "", who: str = "AI") -> tuple[str, dict[str, Any]]:
    return "message", {"index": index, "type": who, "content": text}


def test_only_what_came_after_the_last_event_is_answered(client: Client) -> None:
    row = begun(AGENT_EXECUTION, "run", said(0, "Hello.", "HUMAN"))
    first = news_of(client, AGENT_EXECUTION, row)
    assert [change["type"] for change in first["changes"]] == ["phase", "phase", "message"]
    assert news_of(client, AGENT_EXECUTION, row, after=first["last"])["changes"] == []
    append(
        AGENT_EXECUTION, row, said(1), ("text", {"index": 1, "text": "Good "}), ("text", {"index": 1, "text": "day."})
    )
    second = news_of(client, AGENT_EXECUTION, row, after=first["last"])
    assert [change.get("text") for change in second["changes"]] == ["", "Good day."]
    assert not second["more"]


def test_the_end_is_told_with_its_error(client: Client) -> None:
    row = begun(AGENT_EXECUTION)
    actions.finish(AGENT_EXECUTION, row.pk, OWNER, Phase.FAILED, error="the model host is down")
    last = news_of(client, AGENT_EXECUTION, row)["changes"][-1]
    assert (last["state"], last["tone"], last["is_last"], last["error"]) == (
        "failed",
        "bad",
        True,
        "the model host is down",
    )


def test_a_long_run_comes_in_parts_and_nothing_is_left_out(client: Client) -> None:
    row = begun(AGENT_EXECUTION, "long", *(said(index, f"message {index}") for index in range(2 * MOST_EVENTS)))
    seen, after, more = [], 0, True
    while more:
        answer = news_of(client, AGENT_EXECUTION, row, after=after)
        assert len(answer["changes"]) <= MOST_EVENTS
        seen += [change["index"] for change in answer["changes"] if change["type"] == "message"]
        after, more = answer["last"], answer["more"]
    assert seen == list(range(2 * MOST_EVENTS))


def test_long_texts_are_cut_and_many_of_them_come_in_parts(client: Client) -> None:
    row = begun(AGENT_EXECUTION, "large", *(said(index, "x" * 1_000_000) for index in range(30)))
    answer = client.get(f"{list_url(AGENT_EXECUTION)}{row.pk}/news/")
    assert len(answer.content) < MOST_CHARACTERS + 3 * LONGEST
    first = json.loads(answer.content)
    assert first["more"]
    assert "960,000 more characters" in next(each for each in first["changes"] if each["type"] == "message")["text"]


@RUNS
def test_an_answer_costs_the_same_few_queries_however_long_the_run_is(client: Client, kind: ExecutionKind) -> None:
    def queries(row: Resource) -> int:
        last = ExecutionEvent.objects.filter(execution_id=row.pk).latest("number").number
        with CaptureQueriesContext(connection) as captured:
            news_of(client, kind, row, after=last - 1)
        return len(captured)

    short, long = begun(kind, "short", said(0)), begun(kind, "long", *(said(index) for index in range(800)))
    assert queries(short) == queries(long) <= 6


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "²"])
def test_a_place_that_makes_no_sense_is_no_failure(client: Client, after: str) -> None:
    row = begun(AGENT_EXECUTION)
    assert news_of(client, AGENT_EXECUTION, row, after=after)["last"] >= 0


def test_what_is_new_is_for_those_who_are_signed_in(client: Client, visitor: Client) -> None:
    row = begun(AGENT_EXECUTION)
    stranger = Client(headers={"Host": HOST})
    assert stranger.get(f"{list_url(AGENT_EXECUTION)}{row.pk}/news/").status_code == 302
    assert client.get(f"{list_url(AGENT_EXECUTION)}aex-unknown/news/").status_code == 404


def test_a_call_is_told_once_in_its_latest_state() -> None:
    call: dict[str, Any] = {"type": "call", "id": "1"}
    changes = [{**call, "state": "pending"}, {"type": "text", "index": 0, "text": "a"}, {**call, "state": "completed"}]
    assert combined(changes) == [{**call, "state": "completed"}, {"type": "text", "index": 0, "text": "a"}]


def test_a_task_is_told_once_where_it_began() -> None:
    def task(name: str, state: str) -> dict[str, Any]:
        return {"type": "task", "id": name, "state": state}

    told = [("a", "pending"), ("b", "pending"), ("c", "pending"), ("c", "completed"), ("a", "in progress")]
    changes = [task(*each) for each in [*told, ("d", "completed"), ("a", "completed"), ("b", "skipped")]]
    order = [("b", "skipped"), ("c", "completed"), ("a", "completed"), ("d", "completed")]
    assert combined(changes) == [task(*each) for each in order]


def test_a_call_that_was_taken_back_is_not_confused_with_a_later_one_of_its_id() -> None:
    call: dict[str, Any] = {"type": "call", "id": "1"}
    dropped: dict[str, Any] = {"type": "dropped", "index": 0}
    changes = [{**call, "state": "running"}, dropped, {**call, "state": "pending"}]
    assert combined(changes) == changes


def test_what_a_runner_elsewhere_reports_replaces_the_messages(client: Client) -> None:
    row = begun(AGENT_EXECUTION, "elsewhere")
    status = {
        "messages": [
            {"type": "MESSAGE_HUMAN", "content": "Hello.", "timestamp": "2026-01-01T00:00:00Z"},
            {
                "type": "MESSAGE_AI",
                "content": "Good day.",
                "tool_calls": [{"id": "1", "name": "greet", "status": "TOOL_CALL_RUNNING"}],
            },
        ]
    }
    append(AGENT_EXECUTION, row, ("replaced", status))
    changes = news_of(client, AGENT_EXECUTION, row)["changes"][2:]
    assert [change["type"] for change in changes] == ["dropped", "message", "message", "call"]
    assert (changes[1]["who"], changes[3]["state"], changes[3]["message"]) == ("human", "running", 1)


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), ({}, ""), ({"a": "x\nÄ"}, '{"a": "x\\nÄ"}'), ([1], "[1]"), ("<b>", '"<b>"')]
)
def test_values_are_told_as_json(value: Any, shown: str) -> None:
    assert as_json(value) == shown


def test_of_large_values_the_beginning_is_told() -> None:
    for value in ({"a": "x" * 10**6}, {str(number): number for number in range(10**5)}, list(range(10**5))):
        assert len(as_json(value)) <= LONGEST + 200


# Cancelling


@RUNS
def test_the_cancel_button_asks_for_the_end_of_a_run(client: Client, kind: ExecutionKind) -> None:
    row = begun(kind)
    assert "Cancel this run" in client.get(change_url(kind, row.pk)).content.decode()
    answer = client.post(f"{list_url(kind)}{row.pk}/cancel/", follow=True)
    assert "The run is being cancelled." in answer.content.decode()
    stored = kind.model.objects.get(pk=row.pk)
    assert stored.cancel_requested_at is not None
    assert news_of(client, kind, row)["is_cancelling"]


@RUNS
def test_a_run_that_waits_is_cancelled_at_once(client: Client, kind: ExecutionKind) -> None:
    row = store(kind.name, "waits")
    client.post(f"{list_url(kind)}{row.pk}/cancel/")
    assert kind.model.objects.get(pk=row.pk).phase == Phase.CANCELLED


def test_a_run_that_has_ended_cannot_be_cancelled_and_the_page_says_so(client: Client) -> None:
    row = begun(AGENT_EXECUTION)
    actions.finish(AGENT_EXECUTION, row.pk, OWNER, Phase.COMPLETED)
    assert "Cancel this run" not in client.get(change_url(AGENT_EXECUTION, row.pk)).content.decode()
    answer = client.post(f"{list_url(AGENT_EXECUTION)}{row.pk}/cancel/", follow=True)
    assert "completed" in " ".join(str(message) for message in answer.context["messages"])


def test_cancelling_needs_a_post_of_our_own_page_with_its_token(client: Client) -> None:
    row = begun(AGENT_EXECUTION)
    url = f"{list_url(AGENT_EXECUTION)}{row.pk}/cancel/"
    strict = Client(enforce_csrf_checks=True, headers={"Host": HOST, "Origin": f"http://{HOST}"})
    strict.cookies = client.cookies
    evil = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    answers = [client.get(url).status_code, client.post(url, headers=evil).status_code, strict.post(url).status_code]
    assert answers == [405, 403, 403]
    assert AGENT_EXECUTION.model.objects.get(pk=row.pk).cancel_requested_at is None


# Links


def test_agent_instance_session_and_run_link_to_each_other(client: Client) -> None:
    row: Any = store("AgentExecution", "linked")
    session = row.session
    chain = [
        (AGENT_EXECUTION, row.pk),
        (BY_NAME["Session"], session.pk),
        (BY_NAME["AgentInstance"], session.agent_instance_id),
        (BY_NAME["Agent"], session.agent_instance.agent_id),
    ]
    pages = {kind.name: client.get(change_url(kind, pk)).content.decode() for kind, pk in chain}
    for kind, pk in chain:
        for other, page in pages.items():
            assert other == kind.name or change_url(kind, pk) in page, f"{other} does not link to its {kind.name}"


def test_workflow_instance_and_run_link_to_each_other(client: Client) -> None:
    row: Any = store("WorkflowExecution", "linked")
    chain = [
        (WORKFLOW_EXECUTION, row.pk),
        (BY_NAME["WorkflowInstance"], row.instance_id),
        (BY_NAME["Workflow"], row.instance.workflow_id),
    ]
    pages = {kind.name: client.get(change_url(kind, pk)).content.decode() for kind, pk in chain}
    for kind, pk in chain:
        for other, page in pages.items():
            assert other == kind.name or change_url(kind, pk) in page, f"{other} does not link to its {kind.name}"


def test_a_workflows_run_and_the_agents_run_it_started_link_to_each_other(client: Client) -> None:
    flow = begun(WORKFLOW_EXECUTION, "caller")
    agent = store(
        "AgentExecution",
        f"{flow.pk}-0011223344556677",
        {"session_id": store("Session", "of the call").pk, "message": "Say hello."},
        labels={"stigmer.ai/workflow-execution": flow.pk},
        annotations={"stigmer.ai/workflow-task": "/ask"},
    )
    store("AgentExecution", "another")
    agents = news_of(client, WORKFLOW_EXECUTION, flow)["agents"]
    assert agents == [{"id": agent.pk, "path": "/ask", "url": change_url(AGENT_EXECUTION, agent.pk)}]
    assert news_of(client, WORKFLOW_EXECUTION, flow, agents=agent.pk)["agents"] == []
    assert change_url(AGENT_EXECUTION, agent.pk) in client.get(change_url(WORKFLOW_EXECUTION, flow.pk)).content.decode()
    assert change_url(WORKFLOW_EXECUTION, flow.pk) in client.get(change_url(AGENT_EXECUTION, agent.pk)).content.decode()


def test_a_workflows_run_and_the_runs_of_workflows_it_started_link_to_each_other(client: Client) -> None:
    flow = begun(WORKFLOW_EXECUTION, "caller")
    spec = {"workflow_instance_id": store("WorkflowInstance", "calling").pk}
    child = store(
        "WorkflowExecution",
        f"{flow.pk}-0011223344556677",
        spec,
        labels={"stigmer.ai/workflow-execution": flow.pk},
        annotations={"stigmer.ai/workflow-task": "/ask"},
    )
    store("WorkflowExecution", f"{flow.pk}-retry", spec)
    workflows = news_of(client, WORKFLOW_EXECUTION, flow)["workflows"]
    assert workflows == [{"id": child.pk, "path": "/ask", "url": change_url(WORKFLOW_EXECUTION, child.pk)}]
    assert news_of(client, WORKFLOW_EXECUTION, flow, workflows=child.pk)["workflows"] == []
    for page, other in ((flow, child), (child, flow)):
        shown = client.get(change_url(WORKFLOW_EXECUTION, page.pk)).content.decode()
        assert change_url(WORKFLOW_EXECUTION, other.pk) in shown


def test_a_session_shows_its_turns_in_pages_oldest_first(client: Client) -> None:
    session = store("Session", "talk")
    spec = {"session_id": session.pk, "message": "Say hello."}
    runs = [store("AgentExecution", f"turn {number}", spec).pk for number in range(25)]
    url = change_url(BY_NAME["Session"], session.pk)
    newest = client.get(url)
    assert [turn.id for turn in newest.context["turns"]] == runs[5:]
    unscripted = re.findall(r"<noscript>(.*?)</noscript>", newest.content.decode(), re.DOTALL)
    assert sum("Say hello." in each for each in unscripted) == 20, "it can be read without scripts"
    oldest = client.get(url, {"before": newest.context["older"]})
    assert [turn.id for turn in oldest.context["turns"]] == runs[:5]
    assert not oldest.context["older"]
    after = client.get(newest.context["turns_url"], {"after": runs[22]})
    assert [turn["id"] for turn in json.loads(after.content)["turns"]] == runs[23:]


# Lists


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 ms"), (0.0421, "42 ms"), (6.84, "6.8 s"), (59.94, "59.9 s"), (192, "3 min 12 s"), (7500.9, "2 h 5 min")],
)
def test_how_long_something_took_is_said_in_the_units_that_fit(seconds: float, said: str) -> None:
    assert duration(timedelta(seconds=seconds)) == said


def test_runs_and_sessions_are_called_by_what_they_are_about_or_else_by_their_id(client: Client) -> None:
    session = store("Session", "", {"agent_instance_id": store("AgentInstance", "one").pk, "subject": "Late parcels"})
    silent = store("Session", "", {"agent_instance_id": store("AgentInstance", "two").pk})
    asked = store("AgentExecution", "", {"session_id": session.pk, "message": "Where is\nmy parcel?"})
    flow: Any = store("WorkflowExecution", "")
    called = {
        session: "Late parcels",
        silent: silent.pk,
        asked: "Where is my parcel?",
        flow: flow.instance.workflow.name,
    }
    for row, name in called.items():
        kind = BY_NAME[row.__class__.__name__]
        page = client.get(change_url(kind, row.pk)).content.decode()
        page = re.sub(r'aria-label="Definition">.*?</section>', "", page, flags=re.DOTALL)  # it has its name
        assert f"<h2>{name}</h2>" in page
        title = f"pending: {name}" if row in {asked, flow} else f"{name} · Session"
        assert re.search(rf"<title>\s*{re.escape(title)} · Stigmer", page)
        assert row.name not in page.replace(f'value="{row.name}"', ""), "a name that nobody gave it"
        listed = flow.instance.workflow.slug if row is flow else name
        page = client.get(list_url(kind)).content.decode()
        assert f'<span class="stigmer-title">{listed}</span>' in page or f">{listed}</a>" in page


def test_a_context_and_its_run_are_found_from_each_other(client: Client) -> None:
    run = store("AgentExecution", "run")
    context = store("ExecutionContext", "of the run", {"execution_id": run.pk})
    kind = BY_NAME["ExecutionContext"]
    for url in (list_url(kind), change_url(kind, context.pk)):
        assert change_url(AGENT_EXECUTION, run.pk) in client.get(url).content.decode()
