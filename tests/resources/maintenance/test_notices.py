"""Runs that failed are told once each, whoever looks and whenever it was restarted."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from apps.notices.gathering import GATHER_SECONDS, QUIET_SECONDS, Parcel
from apps.resources.caller import LOCAL
from apps.resources.executions.actions import set_status
from apps.resources.journal import ResourceChange
from apps.resources.maintenance import notices
from apps.resources.project import Project
from apps.resources.registry import AGENT_EXECUTION, BY_NAME
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.resources.writes.inventory import Ownership, apply_project
from tests.factories import AGENT_SPEC
from tests.resources.executions.conftest import agent_id, idle
from tests.resources.executions.waiting_runs import start
from tests.suites.asking import at_once
from tests.suites.client import unique
from tests.support.databases import both_databases

__all__ = ["agent_id", "idle"]
pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]


def end(run: str, phase: str = "EXECUTION_FAILED", error: str = "HTTP 500") -> str:
    set_status(AGENT_EXECUTION, run, {"phase": phase, "error": error}, LOCAL)
    return run


def look(seconds: float = 0.0) -> list[Parcel]:
    """After so many seconds."""
    return notices.look(["webhook"], time.time() + seconds)


def look_and_leave(seconds: float) -> list[Parcel]:
    """In a thread of its own."""
    try:
        return look(seconds)
    finally:
        connection.close()


def told() -> list[str]:
    """The runs of what is told next, and taken."""
    assert look() == []
    parcels = look(2 * QUIET_SECONDS)
    for parcel in parcels:
        notices.settle(parcel, [], time.time())
    return [run for parcel in parcels for group in parcel.body["failed"] for run in group["runs"]]


def test_failures_from_the_first_look_on_are_told_once_each(agent_id: str) -> None:
    end(start(agent_id))
    assert look() == []
    first, second = end(start(agent_id)), end(start(agent_id), error="other")
    end(start(agent_id), "EXECUTION_CANCELLED")
    assert sorted(told()) == sorted([first, second])
    assert told() == []


def test_a_run_that_is_written_again_after_its_end_is_not_told_again(agent_id: str) -> None:
    look()
    run = end(start(agent_id))
    assert told() == [run]
    ResourceChange.objects.create(kind=AGENT_EXECUTION.name, resource_id=run, event="updated", at="2030-01-01T00:00Z")
    assert told() == []


def test_several_who_look_at_once_tell_each_once(agent_id: str) -> None:
    look()
    runs = [end(start(agent_id), error=f"cause {'x' * number}") for number in range(3)]
    at_once(look_and_leave, [0.0] * 3)
    parcels = [parcel for found in at_once(look_and_leave, [GATHER_SECONDS + 100] * 3) for parcel in found]
    assert [group["runs"] for parcel in parcels for group in parcel.body["failed"]] == [[run] for run in runs]


def test_whoever_wants_to_be_told_again_is_told_of_what_fails_then(agent_id: str) -> None:
    look()
    end(start(agent_id))
    notices.forget()
    assert told() == []


def test_a_journal_of_another_time_begins_anew(agent_id: str) -> None:
    look()
    ResourceChange.objects.all().delete()
    end(start(agent_id))
    assert look() == []
    run = end(start(agent_id))
    assert told() == [run]


def test_a_project_that_wants_nobody_told_is_left_out(idle: None) -> None:
    actions.ensure_organization("local", "")
    name = unique("quiet")
    draft = draft_from_json(
        BY_NAME["Agent"], {"metadata": {"name": name, "owner_scope": "organization"}, "spec": AGENT_SPEC}, LOCAL
    )
    for notifies, kept in ((False, False), (None, False), (True, True)):
        done = apply_project([draft], Ownership("local", name, notifies=notifies), LOCAL, dry_run=False)
        assert Project.objects.get(name=name).notifies is kept
        look()
        run = end(start(done.outcomes[0].row.pk), error=f"while {notifies}")
        assert told() == ([run] if kept else [])
