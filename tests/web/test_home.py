"""The home page: what waits, what fails, what ran, what changed, whether the units are well."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.resources.caller import LOCAL
from apps.resources.executions.activity import Memory, activity
from apps.resources.executions.model import Phase
from apps.resources.executions.run_text import keep_end
from apps.resources.registry import BY_NAME
from apps.resources.writes import actions
from stigmer_site.navigation import Counts
from stigmer_site.overview import units
from tests.support.databases import both_databases
from tests.web.stored import store

pytestmark = both_databases


def test_an_empty_installation_names_the_first_commands(visitor: Client) -> None:
    from stigmer_site.models import local_superuser

    visitor.force_login(local_superuser())
    page = visitor.get("/").content.decode()
    assert "stigmer apply" in page
    assert "stigmer server start" in page


def test_kinds_are_counted_in_the_sidebar(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def counts() -> dict[str, str]:
        groups = client.get("/").context["sidebar_navigation"]
        return {item["title"]: item["count"] for group in groups for item in group["items"] if "count" in item}

    for name in ("one", "two"):
        store("Agent", name)
    found = counts()
    assert (found["Agents"], found["Agent instances"], found["Workflows"], found["Organizations"]) == (
        "2",
        "2",
        "0",
        "1",
    )
    monkeypatch.setattr("apps.resources.storage.belongings.MOST_COUNTED", 1)
    monkeypatch.setattr("stigmer_site.navigation.MOST_COUNTED", 1)
    assert counts()["Agents"] == "1+"


def test_kinds_are_counted_anew_only_after_some_seconds(client: Client) -> None:
    now = [0.0]
    counts = Counts(3.0, clock=lambda: now[0])
    before = counts.of(LOCAL)
    store("Agent", "newcomer")
    now[0] += 2
    assert counts.of(LOCAL) == before
    nobody = replace(LOCAL, actor="nobody", sight=lambda _: Q(pk="nobody"))
    assert set(counts.of(nobody)) == {0}, "what others see is none of theirs"
    now[0] += 3
    assert sum(counts.of(LOCAL)) == sum(before) + 2


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


def ended(name: str, at: datetime, session: str = "", **columns: Any) -> Any:  # Any: columns, a row
    """A run as its runner leaves it; ending runs is tested where it lives."""
    spec = {"session_id": session, "message": "Say hello."} if session else None
    row: Any = store("AgentExecution", name, spec)
    values = {"phase": Phase.COMPLETED, "completed_at": at, "seconds": 2.0, "tokens": 100, **columns}
    BY_NAME["AgentExecution"].model.objects.filter(pk=row.pk).update(**values)
    return row


def failed(name: str, at: datetime, error: str, session: str = "") -> Any:  # Any: a row
    return ended(name, at, session, phase=Phase.FAILED, error=error)


def test_failures_of_one_cause_stand_together_and_lead_to_their_list(client: Client) -> None:
    now = timezone.now()
    for number in (1, 2):
        failed(f"fails {number}", now, f"gpu-{number} did not answer within {number}0s: refused\nTraceback")
    failed("other", now, "no such tool")
    failed("old", now - timedelta(days=2), "gpu-3 did not answer within 30s: refused")
    page = client.get("/")
    groups = page.context["failing"]
    assert [(group.count, group.error) for group in groups] == [
        (2, "gpu-2 did not answer within 20s: refused"),
        (1, "no such tool"),
    ]
    assert len(groups[0].names) == 2
    assert page.context["home_title"] == "2 failing"
    assert re.search(r"<title>\s*2 failing · Stigmer\s*</title>", page.content.decode())
    for row, text in ((group, group.error) for group in groups):
        keep_end(row.last_url.split("/")[3], "", text)
    assert [line.pk for line in client.get(groups[1].url).context["lines"]] == [groups[1].last_url.split("/")[3]]
    assert len(client.get(groups[0].url).context["lines"]) == 1


def test_what_has_succeeded_since_fails_no_more(client: Client) -> None:
    now = timezone.now()
    session = store("Session", "talk").pk
    failed("first", now, "no such tool", session)
    failed("elsewhere", now, "the host is down")
    ended("second", now, session)
    page = client.get("/")
    assert [group.error for group in page.context["failing"]] == ["the host is down"]
    assert [group.error for group in page.context["recovered"]] == ["no such tool"]


def test_paused_runs_wait_for_somebody_and_stand_first(client: Client) -> None:
    works, waits = (ended(name, timezone.now(), phase=Phase.IN_PROGRESS, completed_at=None) for name in ("a", "b"))
    BY_NAME["AgentExecution"].model.objects.filter(pk=waits.pk).update(waiting="paused")
    page = client.get("/")
    assert [run["url"].split("/")[3] for run in page.context["waiting"]] == [waits.pk]
    assert [run["url"].split("/")[3] for run in page.context["live"]] == [works.pk]
    text = page.content.decode()
    assert text.index("Waiting for you") < text.index("Failing now")


def test_charts_say_how_many_runs_ended_how_long_they_took_and_what_they_read(client: Client) -> None:
    now = timezone.now()
    for number in range(20):
        ended(f"run {number}", now, seconds=float(number + 1))
    failed("fails", now, "no such tool")
    ended("yesterday", now - timedelta(days=3), tokens=5)
    page = client.get("/")
    day, weeks = page.context["periods"]
    assert [chart.total for chart in day.charts] == [
        "21 runs, 1 failed",
        "half below 11.0 s, 95 of 100 below 20.0 s",
        "2,100 tokens",
        "-",
    ]
    assert weeks.charts[0].total == "22 runs, 1 failed"
    assert weeks.charts[2].total == "2,105 tokens"
    assert (len(day.buckets), len(weeks.buckets)) == (24, 14)
    assert (day.buckets[-1].hour.runs, weeks.buckets[-4].hour.runs) in {
        (21, 1),
        (0, 1),
    }  # the hour may just have passed
    text = page.content.decode()
    assert text.count('role="img"') == 8
    assert text.count("<desc") == 8
    assert text.count("<td>21</td>") == 2


def test_of_many_runs_hours_are_counted_by_and_by_and_remembered(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    del client
    now = timezone.now()
    first = now - timedelta(hours=50)
    for number in range(3):
        ended(f"run {number}", now - timedelta(hours=10 * number + 2), seconds=1.0)
    read = activity(first, now, LOCAL, Memory())
    monkeypatch.setattr("apps.resources.executions.activity.MOST_READ", 1)
    monkeypatch.setattr("apps.resources.executions.activity.HOURS_AT_ONCE", 20)
    memory = Memory()
    found = [activity(first, now, LOCAL, memory) for _ in range(3)]
    assert [part.is_whole for part in found] == [False, False, True]
    assert [len(part.hours) for part in found] == [2, 3, 3]
    assert found[-1].hours == read.hours
    with CaptureQueriesContext(connection) as captured:
        activity(first, now, LOCAL, memory)
    assert len(captured) <= 8, "what is over is not counted again"


def test_no_run_is_no_division_by_nothing(client: Client) -> None:
    page = client.get("/")
    assert [chart.total for chart in page.context["periods"][0].charts] == ["0 runs, 0 failed", "none", "0 tokens", "-"]


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
