"""Leases and queues under what machines do to them: sleep, clocks that are set, files that go, locks that stay."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.chaos.harness import AGENT, Chaos, Run, chaos, pause
from tests.support.daemon import wait_until

LONG_AGO = "2000-01-01 00:00:00"
HELD_SECONDS = 2.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    with chaos(tmp_path_factory.mktemp("leases"), 1, units="api,runner") as installation:
        yield installation


@contextlib.contextmanager
def database(running: Chaos) -> Iterator[sqlite3.Connection]:
    path = running.installation.data_dir / "stigmer.db"
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        yield connection


def held_in_its_first_effect(running: Chaos) -> Run:
    running.effects.hold.clear()
    run = running.start(AGENT)
    wait_until(lambda: running.effects.of(run.tag)["a"] == 1, "the tool acts")
    return run


def test_a_lease_that_ran_out_while_the_machine_slept_is_not_taken_from_the_runner_that_goes_on(
    running: Chaos,
) -> None:
    run = held_in_its_first_effect(running)
    with database(running) as connection:
        connection.execute("UPDATE resources_agentexecution SET lease_until = ? WHERE id = ?", (LONG_AGO, run.id))

        def is_renewed() -> bool:
            row = connection.execute("SELECT lease_until FROM resources_agentexecution WHERE id = ?", (run.id,))
            return bool(row.fetchone()[0] > datetime.now(UTC).isoformat(" "))

        wait_until(is_renewed, "the lease is renewed")
    running.effects.hold.set()
    assert running.verdict(run) == ("completed", ())


def test_the_queue_may_be_deleted_while_runs_wait(running: Chaos) -> None:
    first = held_in_its_first_effect(running)
    waiting = [running.start(AGENT) for _ in range(12)]
    for file in running.installation.data_dir.glob("*queue*"):
        file.unlink()
    running.effects.hold.set()
    assert [running.verdict(run) for run in (first, *waiting)] == [("completed", ())] * 13


def test_a_database_that_is_locked_for_a_while_costs_time_and_nothing_else(running: Chaos) -> None:
    run = held_in_its_first_effect(running)
    with database(running) as connection:
        connection.execute("BEGIN IMMEDIATE")
        running.effects.hold.set()
        pause(HELD_SECONDS)
        connection.execute("ROLLBACK")
    assert running.verdict(run) == ("completed", ())
    assert running.left_over() == []
