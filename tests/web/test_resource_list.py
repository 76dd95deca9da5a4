"""Lists of resources have what lists of runs have: views, files, labels for many, and what is new meanwhile."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.resources.admin.links import list_url
from apps.resources.caller import LOCAL
from apps.resources.registry import AGENT, BY_NAME
from apps.resources.writes import actions
from tests.support.databases import both_databases
from tests.web.stored import store

pytestmark = both_databases
ENVIRONMENT = BY_NAME["Environment"]
LIST = list_url(ENVIRONMENT)
SECRET = {"data": {"TOKEN": {"value": "hunter2", "is_secret": True}, "REGION": {"value": "eu"}}}


def ticked(*rows: Any, **more: str) -> dict[str, Any]:
    return {"_selected_action": [row.pk for row in rows], "filter": "", **more}


def exported(client: Client, sent: dict[str, Any]) -> str:
    answer: Any = client.post(f"{LIST}export/", sent)
    return b"".join(answer.streaming_content).decode()


def test_labels_are_set_and_taken_away_and_all_else_stays(client: Client) -> None:
    rows = [store("Environment", f"env-{number}", SECRET, labels={"old": "1"}, tags=["kept"]) for number in range(3)]
    sent = ticked(*rows[:2], do="label", typed="team=core")
    asked = client.post(LIST, sent)
    assert asked.context["asking"] == "Label 2 environments"
    assert ENVIRONMENT.model.objects.filter(version=1).count() == 3, "nothing is done before it is answered"
    client.post(LIST, {**sent, "sure": "yes"})
    client.post(LIST, ticked(rows[0], do="label", typed="old-", sure="yes"))
    now = [ENVIRONMENT.model.objects.get(pk=row.pk) for row in rows]
    assert [row.labels for row in now] == [{"team": "core"}, {"old": "1", "team": "core"}, {"old": "1"}]
    assert [row.version for row in now] == [3, 2, 1]
    assert all(row.tags == ["kept"] for row in now)
    assert now[0].spec == rows[0].spec
    assert now[0].secrets.keys() == rows[0].secrets.keys() != set()


@pytest.mark.parametrize("typed", ["", "team", "=core", "-"])
def test_what_is_no_label_is_told(client: Client, typed: str) -> None:
    row = store("Environment", "env")
    answer = client.post(LIST, ticked(row, do="label", typed=typed, sure="yes"), follow=True)
    assert "write name=value" in answer.content.decode()
    assert ENVIRONMENT.model.objects.get().version == 1


def test_all_that_match_are_deleted_once_it_was_said_what_goes(client: Client) -> None:
    for name in ("keep", "go-1", "go-2"):
        store("Agent", name)
    sent = {"filter": "q=go", "do": "delete", "all": "on"}
    asked = client.post(list_url(AGENT), sent)
    page = asked.content.decode()
    assert "Delete 2 agents?" in page
    assert "2 agent instances" in page
    ids = [line.pk for line in asked.context["chosen"].lines]
    client.post(list_url(AGENT), {"filter": "q=go", "do": "delete", "_selected_action": ids, "sure": "yes"})
    assert [row.slug for row in AGENT.model.objects.all()] == ["keep"]


def test_a_list_is_taken_away_as_a_file_beyond_its_page_and_without_specs(client: Client) -> None:
    for number in range(53):
        store("Environment", f"env-{number:02}", SECRET if number == 7 else None, labels={"team": "=core"})
    sent = {"filter": "q=env&o=1", "all": "on"}
    found = json.loads(exported(client, {**sent, "format": "json"}))
    assert [each["name"] for each in found] == [f"env-{number:02}" for number in range(53)]
    assert found[7]["labels"] == {"team": "=core"}
    assert "hunter2" not in json.dumps(found)
    one = ENVIRONMENT.model.objects.get(slug="env-09")
    text = exported(client, ticked(one, format="csv"))
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["id"], row["slug"], row["version"]) == (one.pk, "env-09", "1")


@pytest.mark.django_db(transaction=True)  # on PostgreSQL the journal is read up to where transactions have ended
def test_a_page_is_told_what_changed_and_nothing_while_nothing_is_written(client: Client) -> None:
    rows = [store("Environment", f"env {number}") for number in range(3)]
    kit = client.get(LIST).context["kit"]
    asked = {"shown": kit["ids"], "newest": kit["newest"], "position": kit["position"]}

    def live() -> Any:  # Any: JSON
        return json.loads(client.get(f"{LIST}live/", asked).content)

    with CaptureQueriesContext(connection) as captured:
        assert live() == {"position": kit["position"]}
    assert len(captured) <= 3, "a look at the journal, beside who is signed in"
    store("Environment", "env 1", labels={"team": "core"})
    actions.delete(ENVIRONMENT, rows[2].pk, LOCAL)
    new = store("Environment", "another")
    told = live()
    assert told["gone"] == [rows[2].pk]
    assert "team=core" in told["rows"][rows[1].pk]
    assert new.pk not in told["rows"]
    assert told["newer"] == 1
    asked["position"] = told["position"]
    assert live() == {"position": told["position"]}


def test_a_list_is_put_aside_under_a_name(client: Client) -> None:
    query = "q=env&o=-1"
    client.post(f"{LIST}views/", {"name": "Mine", "query": query})
    page = client.get(f"{LIST}?{query}")
    assert [(view.name, view.is_shown) for view in page.context["views"]] == [("All", False), ("Mine", True)]
    client.post(f"{LIST}views/", {"forget": "Mine", "query": query})
    assert [view.name for view in client.get(LIST).context["views"]] == ["All"]


def test_what_runs_left_behind_is_deleted_but_not_labelled(client: Client) -> None:
    row = store("ExecutionContext", "left")
    url = list_url(BY_NAME["ExecutionContext"])
    page = client.get(url)
    assert set(page.context["deeds"]) == {"delete"}
    answer = client.post(url, ticked(row, do="label", typed="a=b", sure="yes"), follow=True)
    assert "Choose execution contexts first" in answer.content.decode()
