"""What processes that share one PostgreSQL database tell each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from apps.resources.executions import actions
from apps.resources.executions.event_hub import Hub
from apps.resources.executions.events import MessageAdded, Speaker
from apps.resources.ports import Sleeper, Watch
from stigmer_site.machine.notifications import BELL, EVENTS, Ear, NotifyBell, NotifyFeed
from tests.resources.executions.waiting_runs import RUN, start
from tests.support.daemon import wait_until
from tests.support.databases import Database, PostgreSQL, postgresql_only

pytestmark = [postgresql_only, pytest.mark.django_db(transaction=True)]
SECONDS = 30.0


@pytest.fixture
def ear(transactional_db: None) -> Ear:
    return Ear()


@pytest.fixture
def other_process(database: Database, transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    assert isinstance(database, PostgreSQL)
    with database.server.connect(str(connection.settings_dict["NAME"])) as other:
        yield other


def ears(other: psycopg.Connection[Any]) -> set[int]:
    """The processes of the server that serve ears of this database."""
    found = other.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query IN ('LISTEN stigmer_bell', %s)"
        " AND state = 'idle'",
        ["SELECT 1"],
    )
    return {pid for (pid,) in found}


@contextmanager
def quiet_watch(ear: Ear, other: psycopg.Connection[Any]) -> Iterator[Watch]:
    """One that has seen everything there was to see."""
    with closing(NotifyFeed(ear).watch()) as watch:
        assert watch.has_changed(), "whoever begins has seen nothing yet"
        wait_until(watch.has_changed, "the ear listens from now on, and says that it did not before")
        assert ears(other)
        yield watch


def test_a_commit_of_another_process_is_told(ear: Ear, other_process: psycopg.Connection[Any]) -> None:
    with quiet_watch(ear, other_process) as watch:
        with other_process.transaction():
            other_process.execute("SELECT pg_notify(%s, 'aex-1')", [EVENTS])
        wait_until(watch.has_changed, "the watch was told")


def test_nothing_is_told_before_the_commit_nor_of_what_is_undone(
    ear: Ear, other_process: psycopg.Connection[Any]
) -> None:
    other_process.execute(f"LISTEN {EVENTS}")
    feed = NotifyFeed(ear)
    with transaction.atomic():
        feed.announce(["aex-undone"])
        transaction.set_rollback(True)
    with transaction.atomic():
        feed.announce(["aex-2", "aex-1"])
        feed.announce(["aex-1"])
        assert list(other_process.notifies(timeout=0.05)) == []
    told = [each.payload for each in other_process.notifies(timeout=SECONDS, stop_after=2)]
    assert told == ["aex-1", "aex-2"], "each once"
    assert list(other_process.notifies(timeout=0.05)) == []


def test_a_bell_wakes_who_sleeps_under_its_name_and_nobody_else(
    ear: Ear, other_process: psycopg.Connection[Any]
) -> None:
    bell = NotifyBell(ear)
    with closing(bell.listen(Sleeper.RUNNER)) as runner, closing(bell.listen(Sleeper.WORKER)) as worker:
        for each in (runner, worker):
            assert each.wait(SECONDS), "a new ear has everybody look"
        other_process.execute("SELECT pg_notify(%s, 'runner')", [BELL])
        assert runner.wait(SECONDS)
        assert not worker.wait(0)
        bell.ring(Sleeper.WORKER)
        assert worker.wait(SECONDS)
        assert not runner.wait(0)


def test_ringing_never_fails() -> None:
    settings = connections[DEFAULT_DB_ALIAS].settings_dict
    connection.close()
    before, settings["HOST"] = settings["HOST"], "/nowhere"
    try:
        NotifyBell(Ear()).ring(Sleeper.API)
    finally:
        settings["HOST"] = before
        connection.close()


def test_an_ear_that_lost_its_connection_listens_again_and_has_everybody_look(
    ear: Ear, other_process: psycopg.Connection[Any]
) -> None:
    with quiet_watch(ear, other_process) as watch:
        before = ears(other_process)  # those of other tests, too, until they find that nobody wants to know any more
        other_process.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(before)])
        wait_until(watch.has_changed, "it has everybody look")
        wait_until(lambda: bool(ears(other_process) - before), "it listens on another connection")
        other_process.execute("SELECT pg_notify(%s, 'aex-1')", [EVENTS])
        wait_until(watch.has_changed, "it hears again")


def test_followers_miss_nothing_while_the_ear_is_deaf(agent_id: str, other_process: psycopg.Connection[Any]) -> None:
    run_id = start(agent_id)
    actions.claim(RUN, run_id, "one", seconds=60)
    with Hub().following(run_id) as inbox:
        got: list[str] = []
        for number in range(3):
            for pid in ears(other_process):
                other_process.execute("SELECT pg_terminate_backend(%s)", [pid])
            actions.append(RUN, run_id, "one", [MessageAdded(0, Speaker.AI, str(number))])
            events = inbox.get(timeout=SECONDS)
            assert events is not None
            got += [event.data["content"] for event in events]
        assert got == ["0", "1", "2"]
