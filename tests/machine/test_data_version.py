"""What one SQLite file tells those who follow runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection, transaction

from apps.resources.ports import Listener, Sleeper
from stigmer_site.machine.data_version import DataVersionFeed

pytestmark = pytest.mark.django_db(transaction=True)


class Rung:
    """A bell that notes who was woken."""

    def __init__(self) -> None:
        self.sleepers: list[Sleeper] = []

    def ring(self, sleeper: Sleeper) -> None:
        self.sleepers.append(sleeper)

    def listen(self, sleeper: Sleeper) -> Listener:
        del sleeper
        return AlwaysWoken()


class AlwaysWoken:
    def fileno(self) -> int:
        return -1

    def wait(self, seconds: float) -> bool:
        return seconds > 0

    def close(self) -> None: ...


@pytest.fixture
def bell() -> Rung:
    return Rung()


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[sqlite3.Connection]:
    """A connection of another process."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        yield other


def test_a_transaction_rings_once_when_it_is_committed(bell: Rung) -> None:
    feed = DataVersionFeed(bell)
    with transaction.atomic():
        feed.announce(["aex-1"])
        feed.announce(["aex-2", "aex-1"])
        assert bell.sleepers == []
    assert bell.sleepers == [Sleeper.API]


def test_a_transaction_that_is_undone_rings_for_nobody(bell: Rung) -> None:
    with transaction.atomic():
        DataVersionFeed(bell).announce(["aex-1"])
        transaction.set_rollback(True)
    assert bell.sleepers == []


def test_a_commit_of_another_process_is_seen_though_nobody_rang(bell: Rung, elsewhere: sqlite3.Connection) -> None:
    with closing(DataVersionFeed(bell).watch()) as watch:
        assert watch.has_changed(), "whoever begins has seen nothing yet"
        watch.wait()
        assert not watch.has_changed()
        elsewhere.execute("CREATE TABLE of_another (id INTEGER)")
        elsewhere.execute("DROP TABLE of_another")
        assert watch.has_changed()
        assert not watch.has_changed()
