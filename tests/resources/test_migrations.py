"""Databases of every version become databases of this one, whoever else is at it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from apps.resources.base import Revision, StoredReference
from apps.resources.caller import SYSTEM
from apps.resources.executions import event_log
from apps.resources.executions.model import Phase
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.session.model import Session
from apps.resources.registry import AGENT
from apps.resources.storage.lookup import visible
from apps.resources.storage.terms import terms_of, with_terms
from stigmer_site.migrating import LOCK_KEY
from tests.factories import make_agent
from tests.suites.api_unit import ApiUnit
from tests.suites.client import Api
from tests.support.databases import VARIABLE, Database, both_databases, using

pytestmark = both_databases
FIRST = [("resources", "0001_initial")]
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RUNS = ("aex-one", "aex-other")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty(database: Database, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), using(database.empty(tmp_path)):
        yield


def migrate(targets: list[tuple[str, str]]) -> Any:  # Any: the models of that version
    executor = MigrationExecutor(connection)
    return executor.migrate(targets).apps


def latest() -> list[tuple[str, str]]:
    leaves: list[tuple[str, str]] = MigrationExecutor(connection).loader.graph.leaf_nodes()
    return leaves


def store_first_version(models: Any) -> None:  # Any: as above
    """Rows as the first version stored them: two runs of an agent, whose events alternate."""

    def resource(model: str, **values: Any) -> Any:
        stamps = dict.fromkeys(("created_at", "updated_at", "status_updated_at"), AT)
        names = {"org": "local", "slug": values["id"], "name": values["id"], "version_id": "ver-1"}
        return models.get_model("resources", model).objects.create(**{**stamps, **names, **values})

    carried = {"tags": ["old"], "labels": {"team": "care"}}
    spec = {"instructions": "Be brief."}
    agent = resource("Agent", id="agt-1", spec=spec, owner_scope=2, snapshot=b"\0\xff", **carried)
    resource("Environment", id="env-1", spec={}, owner_scope=2)
    refers = {"environment_refs": [{"slug": "env-1", "kind": "environment"}, {"slug": "env-gone"}]}
    instance = resource("AgentInstance", id="ain-1", agent=agent, spec=refers)
    calls = [{"kind": "AGENT_CALL", "task_config": {"agent": each, "message": "hi"}} for each in ("agt-1", "later")]
    resource("Workflow", id="wfl-1", spec={"tasks": [{"kind": "FOR", "task_config": {"do": calls}}]})
    session = resource("Session", id="ses-1", agent_instance=instance)
    for run in RUNS:
        resource("AgentExecution", id=run, session=session, phase=2)
    store_revisions(models)
    events = models.get_model("resources", "ExecutionEvent").objects
    for number in range(3):
        for run in RUNS:
            data = {"index": number, "type": "AI", "content": f"{run} {number}"}
            events.create(execution_id=run, type="message", data=data, at=AT + timedelta(seconds=number))


def store_revisions(models: Any) -> None:  # Any: as above
    """Of an agent that was deleted and stored anew under its id, as the first version numbered them."""
    revisions = models.get_model("resources", "Revision").objects
    for number, event in ((1, "created"), (2, "updated"), (2, "deleted"), (1, "created")):
        revisions.create(
            kind="Agent",
            resource_id="agt-1",
            org="local",
            slug="agt-1",
            number=number,
            event=event,
            at=AT,
            snapshot=b"",
        )


@pytest.mark.usefixtures("empty")
def test_revisions_of_the_first_version_are_numbered_without_gaps() -> None:
    store_first_version(migrate(FIRST))
    migrate(latest())
    numbers = Revision.objects.filter(resource_id="agt-1").order_by("id").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4]
    assert Agent.objects.get(pk="agt-1").version == 4
    assert Session.objects.get(pk="ses-1").version == 1


@pytest.mark.usefixtures("empty")
def test_tags_and_labels_of_the_first_version_are_found() -> None:
    store_first_version(migrate(FIRST))
    migrate(latest())
    agents, terms = visible(AGENT, SYSTEM), terms_of(AGENT, ["old"], {"team": "care"})
    assert [row.pk for row in with_terms(agents, terms)] == ["agt-1"]
    assert not with_terms(agents, terms_of(AGENT, ["care"], {}))


@pytest.mark.usefixtures("empty")
def test_what_the_first_version_stored_is_there_in_this_one() -> None:
    store_first_version(migrate(FIRST))
    migrate(latest())
    for run in RUNS:
        events = event_log.events_after(run, 0)
        assert [(event.number, event.data["content"]) for event in events] == [
            (number + 1, f"{run} {number}") for number in range(3)
        ]
        assert event_log.last_number(run) == 3
        row = AgentExecution.objects.get(pk=run)
        assert (row.phase, row.is_waited_for, row.session.agent_instance.agent.slug) == (
            Phase.IN_PROGRESS,
            False,
            "agt-1",
        )
    uses = StoredReference.objects.values_list("source_kind", "source_id", "kind", "owner_scope", "org", "slug")
    assert list(uses) == [
        ("AgentInstance", "ain-1", "Environment", 2, "local", "env-1"),
        ("Workflow", "wfl-1", "Agent", 2, "local", "agt-1"),
        ("Workflow", "wfl-1", "Agent", 2, "local", "later"),
    ]
    event_log.insert_events([{"execution_id": RUNS[0], "type": "output", "data": {}, "at": AT}])
    assert event_log.last_number(RUNS[0]) == 4


@contextmanager
def migrating(url: str) -> Iterator[None]:
    """Another process is at it."""
    if url.startswith("sqlite"):
        with Path(url.removeprefix("sqlite:///")).with_suffix(".migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    else:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
            yield


def wait_for_stage(unit: ApiUnit, words: str) -> None:
    unit.channel.settimeout(60)
    told = b""
    while words.encode() not in told:
        part = unit.channel.recv(4096)
        assert part, f"{unit.command} ended:\n{unit.log}"
        told += part


def test_who_comes_while_another_migrates_waits_and_goes_on(database: Database, tmp_path: Path) -> None:
    url = database.empty(tmp_path)
    with migrating(url):
        units = [ApiUnit(tmp_path / name, env={VARIABLE: url}) for name in ("one", "other")]
        for unit in units:
            wait_for_stage(unit, "waiting for another process that migrates the database")
    for unit in units:
        unit.wait_until_ready()
        with Api(unit.endpoint) as api:
            assert make_agent(api)
    for unit in units:
        unit.close()


def test_a_migration_by_hand_waits_too(database: Database, tmp_path: Path) -> None:
    url = database.empty(tmp_path)
    of_others = {key: value for key, value in os.environ.items() if not key.startswith(("STIGMER_", "DJANGO_"))}
    environment = {**of_others, VARIABLE: url, "STIGMER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    other = ExitStack()
    other.enter_context(migrating(url))
    with other, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as by_hand:
        assert by_hand.stderr
        assert by_hand.stderr.readline() == "Waiting for another process that migrates this database\n"
        assert by_hand.poll() is None
        other.close()
    assert by_hand.returncode == 0
