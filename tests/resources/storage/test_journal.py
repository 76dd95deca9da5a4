"""The journal: nothing that is committed later lies before a position that was given out."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.resources.caller import LOCAL
from apps.resources.errors import PositionGone
from apps.resources.journal import ResourceChange
from apps.resources.registry import BY_NAME
from apps.resources.storage import journal
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from tests.factories import AGENT_SPEC
from tests.suites.asking import at_once
from tests.suites.client import unique
from tests.support.databases import both_databases, postgresql_only
from tests.support.postgres import session_server

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
AGENT = BY_NAME["Agent"]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def organization(transactional_db: None) -> None:
    actions.ensure_organization("local", "")


def note(name: str, at: datetime = NOW) -> None:
    journal.note([("Agent", name, "updated")], at)


def noted_after(position: journal.Position) -> list[str]:
    return [each.resource_id for each in journal.read_after(position)]


def test_every_write_is_noted_in_its_transaction() -> None:
    position = journal.newest()
    metadata = {"name": unique("noted"), "owner_scope": "organization"}
    draft = draft_from_json(AGENT, {"metadata": metadata, "spec": AGENT_SPEC}, LOCAL)
    actions.apply([draft], LOCAL, dry_run=True)
    assert journal.read_after(position) == []
    agent = actions.apply([draft], LOCAL)[0].row
    actions.delete(AGENT, agent.pk, LOCAL)
    told = [(each.kind, each.event) for each in journal.read_after(position)]
    assert told == [
        ("Agent", "created"),
        ("AgentInstance", "created"),
        ("AgentInstance", "deleted"),
        ("Agent", "deleted"),
    ]


@postgresql_only
def test_what_is_committed_late_is_not_passed_over() -> None:
    position = journal.newest()
    began, may_end = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                note("begun first")
                began.set()
                assert may_end.wait(30)
        finally:
            connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    try:
        assert began.wait(30)
        note("committed first")
        before = journal.newest()
        assert noted_after(position) == []
    finally:  # else a failure here leaves the thread in its transaction, and every test after it waits
        may_end.set()
        slow.join()
    assert before == position
    assert noted_after(position) == ["begun first", "committed first"]


@postgresql_only
def test_what_is_under_way_in_another_database_of_the_server_delays_nobody() -> None:
    server, position = session_server(), journal.newest()
    other = server.make_database("template0")
    try:
        with server.connect(other) as connected, connected.transaction():
            connected.execute("SELECT pg_current_xact_id()")
            note("beside it")
            assert noted_after(position) == ["beside it"]
            assert journal.newest() != position
    finally:
        server.drop_database(other)


def test_who_reads_on_from_each_position_is_told_everything_once() -> None:
    position, told, is_over = journal.newest(), list[str](), threading.Event()

    def read() -> None:
        nonlocal position
        try:
            is_last = False
            while not is_last:
                is_last = is_over.is_set()
                found = journal.read_after(position)
                told.extend(each.resource_id for each in found)
                position = found[-1].position if found else position
        finally:
            connection.close()

    def write(writer: int) -> None:
        try:
            for number in range(20):
                with write_transaction():
                    for part in range(random.randint(1, 3)):
                        note(f"{writer} {number} {part}")
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    at_once(write, range(8))
    is_over.set()
    reader.join()
    rows = ResourceChange.objects.filter(at=NOW).values_list("resource_id", flat=True)
    assert sorted(told) == sorted(rows)


def test_what_is_old_is_forgotten_and_the_newest_stays() -> None:
    old = NOW - timedelta(days=30)
    note("old", old)
    note("old, too", old)
    forgotten = journal.newest()
    note("new")
    assert journal.forget(NOW - timedelta(days=7)) >= 2
    assert noted_after(forgotten)[-1:] == ["new"]
    with pytest.raises(PositionGone):
        journal.must_know(forgotten)
    journal.forget(datetime.now(UTC) + timedelta(days=1))
    journal.must_know(journal.newest())
    assert ResourceChange.objects.count() == 1


def test_a_position_of_another_history_is_not_known() -> None:
    note("one")
    position = journal.newest()
    journal.must_know(position)
    with pytest.raises(PositionGone):
        journal.must_know(position._replace(at=position.at + 1))
