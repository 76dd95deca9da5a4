"""Lists of runs: what tells them apart, what narrows and sorts them, what is done with many, what they come to."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client

from apps.resources.admin.links import change_url, list_url
from apps.resources.admin.run_list.asked import moment_said
from apps.resources.caller import LOCAL
from apps.resources.executions import actions
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.executions.pausing import pause
from apps.resources.registry import AGENT, AGENT_EXECUTION, WORKFLOW_EXECUTION
from apps.resources.writes.inventory import Ownership, apply_project
from tests.support.databases import both_databases
from tests.support.machines import IdleLauncher, handed_over, launchers
from tests.web.stored import draft, store

pytestmark = both_databases
OWNER = "a test"
AGENTS, FLOWS = list_url(AGENT_EXECUTION), list_url(WORKFLOW_EXECUTION)
RUNS = pytest.mark.parametrize("kind", [AGENT_EXECUTION, WORKFLOW_EXECUTION], ids=lambda kind: kind.name)


def begun(kind: ExecutionKind, name: str = "run", spec: dict[str, Any] | None = None) -> Any:  # Any: a row
    row = store(kind.name, name, spec)
    actions.claim(kind, row.pk, OWNER, seconds=60)
    return row


def ended(kind: ExecutionKind, name: str = "run", error: str = "", spec: dict[str, Any] | None = None) -> Any:
    row = begun(kind, name, spec)
    actions.finish(kind, row.pk, OWNER, Phase.FAILED if error else Phase.COMPLETED, error=error)
    return row


def shown(client: Client, url: str, **query: str) -> list[str]:
    page = client.get(url, query)
    assert page.status_code == 200
    return [line.pk for line in page.context["lines"]]


def text_of(client: Client, url: str, **query: str) -> str:
    return client.get(url, query).content.decode()


@RUNS
def test_runs_can_be_narrowed_by_phase_and_by_what_they_are_of(client: Client, kind: ExecutionKind) -> None:
    url = list_url(kind)
    waits, works = store(kind.name, "waits"), begun(kind, "works")
    assert shown(client, url, phase="2") == shown(client, url, phase="in progress") == [works.pk]
    lookup = "session__agent_instance__agent" if kind is AGENT_EXECUTION else "instance__workflow"
    owner: Any = waits
    for step in lookup.split("__"):
        owner = getattr(owner, step)
    assert shown(client, url, **{lookup: owner.pk}) == shown(client, url, of=owner.slug) == [waits.pk]
    assert shown(client, url, of=owner.pk, phase="2") == []
    above = lookup.partition("__")[0]
    page = client.get(url, {above: getattr(works, f"{above}_id")})
    assert [line.pk for line in page.context["lines"]] == [works.pk]
    assert "Only those of" in page.content.decode()


def test_paused_runs_are_found_and_told(client: Client) -> None:
    begun(WORKFLOW_EXECUTION, "works")
    paused = begun(WORKFLOW_EXECUTION, "paused one")
    with handed_over(launchers=launchers(IdleLauncher())):
        pause(WORKFLOW_EXECUTION, paused.pk, "", LOCAL)
    page = client.get(FLOWS, {"phase": "paused"})
    assert [(line.pk, line.phase) for line in page.context["lines"]] == [(paused.pk, "paused")]


def test_runs_are_found_by_their_words_input_error_time_and_project(client: Client) -> None:
    spec = {"instructions": "Sort incoming tickets by urgency."}
    apply_project([draft("Agent", "clerk", spec)], Ownership("local", "shop"), LOCAL)
    clerk = AGENT.model.objects.get(slug="clerk")
    session = store("Session", "", {"agent_instance_id": clerk.status["default_instance_id"]})
    of_clerk = ended(AGENT_EXECUTION, "a", "no parcel 77", {"session_id": session.pk, "message": "Where is my parcel?"})
    other = ended(AGENT_EXECUTION, "b")
    assert shown(client, AGENTS, q="parcel") == [of_clerk.pk]
    assert shown(client, AGENTS, q=other.pk) == [other.pk]
    assert shown(client, AGENTS, error="parcel 77") == [of_clerk.pk]
    page = client.get(AGENTS)
    projects = {name: value for value, name, _ in page.context["filters"]["projects"]}
    assert shown(client, AGENTS, project=projects["shop"]) == shown(client, AGENTS, project="shop") == [of_clerk.pk]
    assert shown(client, AGENTS, since="1h") == [other.pk, of_clerk.pk]
    assert shown(client, AGENTS, until="1h") == shown(client, AGENTS, since="2999-01-01") == []


def test_runs_are_found_by_the_values_of_their_input(client: Client) -> None:
    flow = store("WorkflowInstance", "flows").pk
    wanted, _ = (
        store("WorkflowExecution", "", {"workflow_instance_id": flow, "trigger_metadata": {"day": day}})
        for day in ("monday", "tuesday")
    )
    assert shown(client, FLOWS, input="day=monday") == [wanted.pk]
    page = client.get(FLOWS, {"input": "day=monday"})
    assert page.context["totals"].startswith("1 run")
    assert "Nothing matches" in text_of(client, FLOWS, input="?=!"), "what has no words"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("phase", "nonsense", "There is no phase nonsense."),
        ("of", "nobody", "There is no agent nobody."),
        ("project", "999999", "There is no project 999999."),
        ("since", "soon", "soon is no time"),
        ("input", "day", "day is no input"),
        ("o", "colour", "Runs are not sorted by colour"),
        ("after", "forged", "was not issued by this server"),
    ],
)
def test_what_has_no_meaning_is_told_and_shows_nothing(client: Client, name: str, value: str, said: str) -> None:
    ended(AGENT_EXECUTION)
    page = client.get(AGENTS, {name: value})
    assert page.status_code == 200
    assert page.context["lines"] == []
    assert said in page.content.decode()


@pytest.mark.parametrize(
    "text", ["24h", "30 m", "2w", "2026-11-30", "2026-11-30 14:00", "2026-11-30T14:00:00+02:00", "2026-11-30T14:00Z"]
)
def test_times_are_read_as_people_write_them(text: str) -> None:
    found = moment_said(text)
    assert found is not None
    assert found.tzinfo is not None


@pytest.mark.parametrize("text", ["", "h", "-1h", "999999w", "yesterday", "0001-01-01T00:00+23:00", "٣h٣"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment_said(text) is None


def test_runs_are_sorted_by_when_they_started_how_long_they_took_and_what_they_cost(client: Client) -> None:
    rows = [ended(AGENT_EXECUTION, f"run {number}").pk for number in range(3)]
    for row, seconds, tokens in zip(rows, (2, 9, 5), (70, 10, 400), strict=True):
        AGENT_EXECUTION.model.objects.filter(pk=row).update(seconds=seconds, tokens=tokens)
    first, second, third = rows
    assert shown(client, AGENTS) == [third, second, first]
    assert shown(client, AGENTS, o="started") == [first, second, third]
    assert shown(client, AGENTS, o="-duration") == [second, third, first]
    assert shown(client, AGENTS, o="duration") == [first, third, second]
    assert shown(client, AGENTS, o="-tokens") == [third, first, second]
    assert shown(client, AGENTS, o="started", q="run") == [first, second, third]
    heads = {head.title: head for head in client.get(AGENTS, {"o": "-tokens"}).context["heads"]}
    assert (heads["Tokens"].url, heads["Tokens"].order) == ("?o=tokens", "descending")
    assert (heads["Started"].url, heads["Started"].order) == ("?", "none")


def test_pages_go_on_where_the_one_before_ended_in_either_order(client: Client) -> None:
    session = store("Session", "talk").pk
    rows = [store("AgentExecution", "", {"session_id": session, "message": "Hi."}).pk for _ in range(53)]
    # Some of them took as long as each other, and one has not ended.
    for number, row in enumerate(rows[1:]):
        AGENT_EXECUTION.model.objects.filter(pk=row).update(seconds=number // 4 + 0.1)
    orders = [("-started", rows[::-1], ""), ("started", rows, ""), ("started", rows, "Hi")]
    orders += [("duration", rows[1:], ""), ("-duration", rows[:0:-1], ""), ("-duration", rows[:0:-1], "Hi")]
    for order, wanted, words in orders:
        first = client.get(AGENTS, {"o": order, "q": words})
        second = client.get(f"{AGENTS}?{first.context['older']}")
        assert [line.pk for page in (first, second) for line in page.context["lines"]] == wanted
        assert 'rel="next"' in first.content.decode()
        assert 'rel="next"' not in second.content.decode()
        assert "First page" in second.content.decode()


def test_a_list_says_what_was_asked_and_what_went_wrong_in_short(client: Client) -> None:
    session = store("Session", "talk").pk
    asked = {"session_id": session, "message": "Where is\n my order? " + "x" * 500}
    row = ended(AGENT_EXECUTION, "a", "It broke.\nTraceback " + "y" * 500, asked)
    begun(AGENT_EXECUTION, "goes on")
    AGENT_EXECUTION.model.objects.filter(pk=row.pk).update(tokens=1234)
    page = text_of(client, AGENTS)
    assert "Where is my order? xxx" in page
    assert "x" * 200 not in page
    assert '<span class="error">It broke.</span>' in page
    assert "Traceback" not in page
    assert "1,234" in page
    assert page.count(" so far</td>") == 1
    assert change_url(AGENT, row.session.agent_instance.agent_id) in page


def test_a_run_of_a_workflow_is_told_apart_by_its_input(client: Client) -> None:
    flow = store("WorkflowInstance", "flows").pk
    store("WorkflowExecution", "", {"workflow_instance_id": flow, "trigger_metadata": {"day": "monday"}})
    assert "monday" in text_of(client, FLOWS)


def test_totals_are_of_what_the_list_finds(client: Client) -> None:
    done, failed = ended(AGENT_EXECUTION, "a"), ended(AGENT_EXECUTION, "b", "broken")
    begun(AGENT_EXECUTION, "c")
    AGENT_EXECUTION.model.objects.filter(pk__in=[done.pk, failed.pk]).update(tokens=1000)
    page = client.get(AGENTS)
    assert page.context["totals"] == "3 runs · 1 failed · 1 under way · 2,000 tokens"
    assert page.context["title"] == "1 under way · Agent executions"
    assert client.get(AGENTS, {"phase": "4"}).context["totals"] == "1 run · 1 failed · 1,000 tokens"
    assert client.get(AGENTS, {"error": "broken"}).context["totals"] == "1 run · 1 failed · 1,000 tokens"


def test_many_runs_are_counted_as_far_as_a_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.resources.executions.totals.MOST_COUNTED", 1)
    for name in ("a", "b"):
        begun(AGENT_EXECUTION, name)
    assert client.get(AGENTS).context["totals"].startswith("More than 1 run; of the newest 1:")


# What is done with many


def deed(client: Client, url: str, name: str, *rows: Any, **given: str) -> Any:  # Any: rows, an answer
    return client.post(url, {"do": name, "run": [row.pk for row in rows], **given})


def test_many_runs_are_deleted_once_it_was_said_what_that_means(client: Client) -> None:
    done, failed, works = ended(AGENT_EXECUTION, "a"), ended(AGENT_EXECUTION, "b", "broken"), begun(AGENT_EXECUTION)
    asked = deed(client, AGENTS, "delete", done, failed, works)
    page = asked.content.decode()
    assert asked.context["title"] == "Delete 2 runs?"
    assert "gone for good" in page
    assert "1 more that you chose is under way: cancel it first" in page
    assert AGENT_EXECUTION.model.objects.count() == 3
    sent = re.findall(r'<input type="hidden" name="run" value="([^"]+)"', page)
    assert sorted(sent) == sorted([done.pk, failed.pk])
    answer = client.post(AGENTS, {"do": "delete", "sure": "yes", "run": sent, "filter": "phase=4"}, follow=True)
    assert answer.redirect_chain[0][0] == f"{AGENTS}?phase=4"
    assert "2 runs are deleted." in answer.content.decode()
    assert [row.pk for row in AGENT_EXECUTION.model.objects.all()] == [works.pk]


def test_many_runs_are_cancelled_and_those_that_have_ended_are_left_alone(client: Client) -> None:
    works, waits, done = begun(AGENT_EXECUTION), store("AgentExecution", "waits"), ended(AGENT_EXECUTION, "a")
    asked = deed(client, AGENTS, "cancel", all="on")
    assert asked.context["title"] == "Cancel 2 runs?"
    assert "1 more that you chose has ended already" in asked.content.decode()
    with handed_over(launchers=launchers(IdleLauncher())):
        answer = client.post(AGENTS, {"do": "cancel", "sure": "yes", "run": [works.pk, waits.pk, done.pk]}, follow=True)
    page = answer.content.decode()
    assert "2 runs are being cancelled." in page
    assert "it has ended" in page or "completed" in page
    assert {line.phase for line in answer.context["lines"]} == {"cancelling", "cancelled", "completed"}


@RUNS
def test_runs_are_started_again_with_what_they_were_given(client: Client, kind: ExecutionKind) -> None:
    row = ended(kind, "first")
    assert "cost what they cost" in deed(client, list_url(kind), "again", row).content.decode()
    with handed_over(launchers=launchers(IdleLauncher())):
        answer = client.post(list_url(kind), {"do": "again", "sure": "yes", "run": [row.pk, row.pk[:-1]]}, follow=True)
    page = answer.content.decode()
    assert "1 run is started again." in page
    assert "not found" in page
    again = kind.model.objects.exclude(pk=row.pk).get()
    assert (again.target_id, again.phase) == (row.target_id, Phase.PENDING)


@RUNS
def test_runs_are_labelled_and_found_by_their_labels(client: Client, kind: ExecutionKind) -> None:
    url = list_url(kind)
    works, done, other = begun(kind, "works"), ended(kind, "done"), ended(kind, "other")
    asked = deed(client, url, "label", works, done, typed="team=core")
    assert asked.context["title"] == "Label 2 runs?"
    sent = {"do": "label", "sure": "yes", "run": [works.pk, done.pk, other.pk[:-1]]}
    page = client.post(url, {**sent, "typed": "team=core"}, follow=True).content.decode()
    assert "2 runs are labelled." in page
    assert "not found" in page
    assert shown(client, url, label="team=core") == [done.pk, works.pk]
    assert client.get(url, {"label": "team=core"}).context["totals"].startswith("2 runs")
    assert "team is no label: write name=value." in text_of(client, url, label="team")
    client.post(url, {**sent, "typed": "team-"})
    assert shown(client, url, label="team=core") == []
    for row in (works, done):
        now = kind.model.objects.get(pk=row.pk)
        assert (now.spec, now.phase, now.target_id) == (
            row.spec,
            kind.model.objects.get(pk=row.pk).phase,
            row.target_id,
        )
    assert "write name=value" in client.post(url, {**sent, "typed": "team"}, follow=True).content.decode()


def test_all_that_match_are_those_of_the_filter(client: Client) -> None:
    failed = ended(AGENT_EXECUTION, "b", "broken")
    ended(AGENT_EXECUTION, "a")
    asked = client.post(AGENTS, {"do": "delete", "all": "on", "filter": "phase=4"})
    assert [line.pk for line in asked.context["chosen"].lines] == [failed.pk]


@pytest.mark.parametrize("sent", [{"do": "delete"}, {"do": "burn", "all": "on"}, {}])
def test_nothing_is_done_without_runs_and_a_deed(client: Client, sent: dict[str, str]) -> None:
    ended(AGENT_EXECUTION, "a")
    assert "Choose runs first" in client.post(AGENTS, sent, follow=True).content.decode()
    assert AGENT_EXECUTION.model.objects.count() == 1


# As a file


def exported(client: Client, url: str, **sent: Any) -> str:  # Any: values of the form
    answer: Any = client.post(f"{url}export/", sent)  # Any: one that streams
    assert answer["Content-Disposition"].startswith("attachment;")
    return b"".join(answer.streaming_content).decode()


def test_runs_are_exported_whole_as_json_and_csv(client: Client) -> None:
    session = store("Session", "talk").pk
    asked = {"session_id": session, "message": "Where is\nmy order? " + "x" * 500}
    failed = ended(AGENT_EXECUTION, "a", 'It "broke", badly', asked)
    done = ended(AGENT_EXECUTION, "b")
    found = json.loads(exported(client, AGENTS, format="json"))
    assert [each["id"] for each in found] == [done.pk, failed.pk]
    assert found[1]["message"] == asked["message"]
    assert (found[1]["phase"], found[1]["error"]) == ("failed", 'It "broke", badly')
    only = json.loads(exported(client, AGENTS, format="json", filter="phase=4"))
    assert only == json.loads(exported(client, AGENTS, format="json", run=[failed.pk])) == [found[1]]
    rows = list(csv.DictReader(io.StringIO(exported(client, AGENTS, format="csv"))))
    assert [row["error"] for row in rows] == ["", 'It "broke", badly']
    assert json.loads(exported(client, AGENTS, format="json", filter="q=nothingofthis")) == []


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\r=1", "＝1"])
def test_no_cell_is_calculated_by_a_spreadsheet(client: Client, text: str) -> None:
    session = store("Session", "talk").pk
    store("AgentExecution", "", {"session_id": session, "message": text})
    (row,) = csv.DictReader(io.StringIO(exported(client, AGENTS, format="csv"), newline=""))
    assert row["message"] == f"'{text}"


def test_an_export_goes_beyond_a_page_and_holds_the_inputs_of_workflows(client: Client) -> None:
    flow = store("WorkflowInstance", "flows").pk
    spec = {"workflow_instance_id": flow, "trigger_metadata": {"day": "monday"}}
    rows = [store("WorkflowExecution", "", spec).pk for _ in range(103)]
    found = json.loads(exported(client, FLOWS, format="json"))
    assert [each["id"] for each in found] == rows[::-1]
    assert {json.dumps(each["input"]) for each in found} == {'{"day": "monday"}'}


# Meanwhile


def live(client: Client, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{AGENTS}live/", query).json()
    return found


def test_a_list_is_told_what_became_of_its_runs_and_how_many_came(client: Client) -> None:
    works, gone = begun(AGENT_EXECUTION), begun(AGENT_EXECUTION, "b")
    actions.finish(AGENT_EXECUTION, works.pk, OWNER, Phase.FAILED, error="It broke.")
    new = begun(AGENT_EXECUTION, "c")
    answer = live(client, shown=f"{works.pk},{gone.pk[:-1]}", newest=gone.pk)
    assert list(answer["rows"]) == [works.pk]
    assert "It broke." in answer["rows"][works.pk]
    assert "data-live" not in answer["rows"][works.pk]
    assert answer["newer"] == 1
    assert "totals" not in answer
    assert live(client, newest=new.pk, totals="1")["totals"].startswith("3 runs")
    assert live(client, newest=gone.pk, phase="4")["newer"] == 0
    assert "newer" not in live(client, newest=gone.pk, o="-tokens")


# Views


def test_a_list_is_put_aside_under_a_name_and_found_again(client: Client) -> None:
    def save(**sent: str) -> Any:
        return client.post(f"{AGENTS}views/", sent, follow=True)

    page = save(name="  Broken  today ", query="phase=4&since=24h")
    assert page.redirect_chain[0][0] == f"{AGENTS}?phase=4&since=24h"
    views = {view.name: view for view in page.context["views"]}
    assert views["Broken today"].url == f"{AGENTS}?phase=4&since=24h"
    assert views["Broken today"].is_shown
    assert "Broken today" not in text_of(client, FLOWS)
    save(name="Broken today", query="phase=4")
    views = {view.name: view for view in client.get(AGENTS).context["views"]}
    assert views["Broken today"].url == f"{AGENTS}?phase=4"
    assert "Broken today" not in save(forget="Broken today", query="").content.decode()
    for wrong in ({"name": " "}, {"name": "x" * 61}, {"name": "long", "query": "q=" + "x" * 2000}):
        refused = save(**wrong).content.decode()
        assert "must have" in refused or "longer than" in refused
    for wrong in ({"name": "a\x1b[31m"}, {"name": "\0"}):
        assert "cannot be shown" in save(**wrong).content.decode()
