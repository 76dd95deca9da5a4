"""Values of runs by themselves, and all events of one as they were recorded: what is readable without scripts."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from apps.resources.admin.links import change_url, list_url
from apps.resources.admin.live.values import PAGE
from apps.resources.registry import AGENT_EXECUTION, WORKFLOW_EXECUTION
from tests.support.databases import both_databases
from tests.web.conftest import HOST
from tests.web.stored import store
from tests.web.test_runs import append, begun, news_of, said

pytestmark = both_databases

LARGE = {"rows": [{"id": number, "text": "x" * 90} for number in range(2_000)]}
TASK = {"task_id": "/fetch", "task_name": "fetch", "status": "WORKFLOW_TASK_COMPLETED", "output": LARGE}


def value_of(client: Client, kind: Any, pk: str, **query: Any) -> Any:
    return client.get(f"{list_url(kind)}{pk}/value/", query)


def test_what_a_page_cuts_is_to_be_had_whole(client: Client) -> None:
    row = begun(WORKFLOW_EXECUTION, "large", ("task", TASK), ("output", LARGE))
    changes = news_of(client, WORKFLOW_EXECUTION, row)["changes"]
    task, output = (next(each for each in changes if each["type"] == name) for name in ("task", "output"))
    assert "more characters" in task["output"]
    for change in (task, output):
        where = {"event": change["event"], "place": change["place"], "part": "output"}
        answer = value_of(client, WORKFLOW_EXECUTION, row.pk, **where)
        assert json.loads(answer.content) == LARGE
        assert answer["Content-Type"] == "application/json"
        assert answer["Content-Disposition"].startswith("inline")
    assert json.loads(value_of(client, WORKFLOW_EXECUTION, row.pk, event=task["event"]).content) == TASK


def test_input_and_output_stand_on_the_page_without_scripts(client: Client) -> None:
    instance = store("WorkflowInstance", "of input").pk
    row = store("WorkflowExecution", "run", {"workflow_instance_id": instance, "trigger_metadata": {"city": "<b>Bonn"}})
    page = client.get(change_url(WORKFLOW_EXECUTION, row.pk)).content.decode()
    assert "&quot;city&quot;: &quot;&lt;b&gt;Bonn&quot;" in page
    answer = value_of(client, WORKFLOW_EXECUTION, row.pk)
    assert json.loads(answer.content) == {"city": "<b>Bonn"}
    done = begun(WORKFLOW_EXECUTION, "done", ("output", {"total": 7}))
    assert "&quot;total&quot;: 7" in client.get(change_url(WORKFLOW_EXECUTION, done.pk)).content.decode()


def test_a_part_of_what_a_runner_elsewhere_reports(client: Client) -> None:
    row = begun(AGENT_EXECUTION, "elsewhere")
    call = {"id": "1", "name": "greet", "args": {"who": "you"}, "result": "<i>Hello.</i>"}
    append(
        AGENT_EXECUTION, row, ("replaced", {"messages": [{"type": "MESSAGE_AI", "content": "", "tool_calls": [call]}]})
    )
    change = next(each for each in news_of(client, AGENT_EXECUTION, row)["changes"] if each["type"] == "call")
    where = {"event": change["event"], "place": change["place"]}
    arguments = value_of(client, AGENT_EXECUTION, row.pk, **where, part="arguments")
    assert json.loads(arguments.content) == {"who": "you"}
    result = value_of(client, AGENT_EXECUTION, row.pk, **where, part="result")
    assert (result.content.decode(), result["Content-Type"]) == ("<i>Hello.</i>", "text/plain; charset=utf-8")


def test_all_events_are_told_in_pages_without_what_only_a_provider_reads(client: Client) -> None:
    ended = ("ended", {"index": 0, "metadata": {"model": "scripted"}, "response": {"signature": "for-nobody"}})
    row = begun(AGENT_EXECUTION, "told", said(0, "<script>"), ended, *(said(index) for index in range(PAGE)))
    url = f"{list_url(AGENT_EXECUTION)}{row.pk}/events/"
    first = client.get(url)
    page = first.content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>&quot;" not in page
    assert "for-nobody" not in page
    number = next(line["event"].number for line in first.context["events"] if line["event"].type == "ended")
    assert b"for-nobody" not in value_of(client, AGENT_EXECUTION, row.pk, event=number).content
    second = client.get(url, {"after": first.context["next_after"]})
    numbers = [line["event"].number for answer in (first, second) for line in answer.context["events"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(first.context["events"]) == PAGE
    assert not second.context["next_after"]


def test_nothing_is_told_of_what_is_not_there(client: Client) -> None:
    row = begun(AGENT_EXECUTION, "asked", said(0, "Hello."))
    other = begun(AGENT_EXECUTION, "other")
    missing: list[dict[str, Any]] = [
        {"event": 999},
        {"event": "9" * 40},
        {"event": 3, "part": "response"},
        {"event": 3, "part": "__class__"},
        {"event": 1, "part": "output"},
    ]
    assert [value_of(client, AGENT_EXECUTION, row.pk, **query).status_code for query in missing] == [404] * len(missing)
    assert value_of(client, AGENT_EXECUTION, "aex-unknown").status_code == 404
    assert value_of(client, WORKFLOW_EXECUTION, other.pk, event=1).status_code == 404
    stranger = Client(headers={"Host": HOST})
    for name in ("value", "events"):
        assert stranger.get(f"{list_url(AGENT_EXECUTION)}{row.pk}/{name}/").status_code == 302
        assert client.get(f"{list_url(AGENT_EXECUTION)}aex-unknown/{name}/").status_code == 404
