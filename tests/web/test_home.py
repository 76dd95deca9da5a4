"""The home page: how much there is, what changed, whether the units are well."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.resources.caller import LOCAL
from apps.resources.executions.model import Phase
from apps.resources.registry import BY_NAME
from apps.resources.writes import actions
from stigmer_site.overview import units
from tests.web.stored import store


def test_an_empty_installation_names_the_first_commands(visitor: Client) -> None:
    from stigmer_site.models import local_superuser

    visitor.force_login(local_superuser())
    page = visitor.get("/").content.decode()
    assert "stigmer apply" in page
    assert "stigmer server start" in page


def test_kinds_are_counted(client: Client) -> None:
    for name in ("one", "two"):
        store("Agent", name)
    counts = {tile.title: tile.count for tile in client.get("/").context["tiles"]}
    assert (counts["Agents"], counts["Agent instances"], counts["Workflows"], counts["Organizations"]) == (2, 2, 0, 1)


def test_the_page_can_be_asked_for_what_it_shows_now(client: Client) -> None:
    store("Agent", "newcomer")
    assert ">newcomer<" in client.get("/overview/").json()["html"]


def test_nobody_else_is_told_what_it_shows(visitor: Client) -> None:
    answer = visitor.get("/overview/")
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/login/")


def test_the_newest_changes_come_first_and_deleted_things_lead_nowhere(client: Client) -> None:
    row = store("Agent", "gone")
    actions.delete(BY_NAME["Agent"], row.pk, LOCAL)
    store("Workflow", "here")
    recent = client.get("/").context["recent"]
    shown = [(change["revision"].slug, change["revision"].event) for change in recent]
    assert shown == [("here", "created"), ("gone", "deleted"), ("gone", "created"), ("local", "created")]
    assert all(bool(change["url"]) != (change["revision"].event == "deleted") for change in recent)


def test_units_show_their_state_address_and_reason(client: Client, settings: LazySettings) -> None:
    components = [
        {"name": "api", "state": "READY", "address": "localhost:50051", "starts": 1, "since": 1.0},
        {"name": "web", "state": "STARTING", "stage": "loading the admin", "starts": 1},
        {"name": "runner", "state": "FAILED", "reason": "exited with status 1", "hint": "Look.", "starts": 6},
    ]
    Path(settings.STATE_FILE).write_text(json.dumps({"format": 1, "components": components}))
    page = client.get("/")
    shown = {unit.name: (unit.state, unit.tone, unit.reason, unit.restarts) for unit in page.context["units"]}
    assert shown == {
        "api": ("ready", "good", "", 0),
        "web": ("starting", "busy", "loading the admin", 0),
        "runner": ("failed", "bad", "exited with status 1", 5),
    }
    assert "exited with status 1" in page.content.decode()
    assert "Look." in page.content.decode()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"components": 3}', '{"components": [{}]}', "\x00"])
def test_a_state_file_that_makes_no_sense_is_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert units(path) == []


def test_failed_runs_of_the_last_day_are_shown_with_the_reason_and_others_are_not(client: Client) -> None:
    now = timezone.now()
    for kind_name in ("AgentExecution", "WorkflowExecution"):
        for name, ended_at in (("fails", now), ("failed", now - timedelta(days=2)), ("waits", None)):
            row = store(kind_name, f"{kind_name} {name}")
            if ended_at:
                # As the runner leaves it; ending runs is tested where it lives.
                ended = {"phase": Phase.FAILED, "error": "the model host is down\nTraceback", "completed_at": ended_at}
                BY_NAME[kind_name].model.objects.filter(pk=row.pk).update(**ended)
    page = client.get("/")
    failed = page.context["failed"]
    assert sorted(run["name"] for run in failed) == ["Say hello.", "parent of instance of WorkflowExecution fails"]
    assert {run["error"] for run in failed} == {"the model host is down"}
    assert sorted(run["name"] for run in page.context["live"]) == [
        "Say hello.",
        "parent of instance of WorkflowExecution waits",
    ]


def test_what_runs_leave_behind_is_no_recent_change(client: Client) -> None:
    store("AgentExecution", "run")
    kinds = {change["revision"].kind for change in client.get("/").context["recent"]}
    assert kinds == {"Agent", "AgentInstance", "Organization"}


def test_many_runs_cost_the_home_page_no_more_queries(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/").status_code == 200
        return len(captured)

    store("AgentExecution", "one")
    few = queries()
    for number in range(12):
        store("AgentExecution", f"more {number}")
    assert queries() == few
