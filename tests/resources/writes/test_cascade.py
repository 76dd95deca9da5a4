"""Deleting what very many things belong to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from django.db import connection

from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.executions.model import ExecutionEvent
from apps.resources.json_value import Json
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.registry import AGENT_EXECUTION, BY_NAME
from apps.resources.storage import lookup
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from tests.factories import AGENT_SPEC
from tests.support.machines import HandOver, IdleLauncher, launchers

pytestmark = pytest.mark.django_db(transaction=True)
VALUES = 60
"""How many values a statement may hold in these tests; SQLite allows some ten thousand."""


def make(kind: str, spec: Json) -> Resource:
    envelope = {"metadata": {"name": f"one {kind}", "owner_scope": "organization"}, "spec": spec}
    return actions.create(draft_from_json(BY_NAME[kind], envelope, LOCAL), LOCAL).row


@pytest.fixture
def narrow(transactional_db: None, monkeypatch: pytest.MonkeyPatch, hand_over: HandOver) -> Iterator[None]:
    """A database whose statements hold few values."""
    hand_over(launchers=launchers(IdleLauncher()))
    monkeypatch.setattr(lookup, "IDS_PER_QUERY", VALUES // 2)
    actions.ensure_organization("local", "")
    before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, VALUES)
    yield
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


@pytest.mark.usefixtures("narrow")
def test_more_runs_than_a_statement_holds_values_go_with_their_agent() -> None:
    agent = make("Agent", AGENT_SPEC)
    for number in range(VALUES + 1):
        spec = {"agent_id": agent.pk, "message": f"number {number}"}
        create_agent_execution(draft_from_json(AGENT_EXECUTION, {"spec": spec}, LOCAL), LOCAL)
    actions.delete(BY_NAME["Agent"], agent.pk, LOCAL, force=True)
    for kind in ("Agent", "AgentInstance", "Session", "AgentExecution"):
        assert not BY_NAME[kind].model.objects.exists()
    assert not ExecutionEvent.objects.exists()
