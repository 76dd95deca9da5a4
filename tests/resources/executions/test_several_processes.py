"""Several processes and transactions at once: nobody claims what is claimed, and followers miss nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from apps.resources.executions import actions
from apps.resources.executions.event_hub import Hub, Inbox
from apps.resources.executions.events import MessageAdded, Speaker
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.run_errors import LeaseLost
from apps.resources.storage.transaction import write_transaction
from tests.resources.executions.waiting_runs import RUN, start
from tests.support.daemon import wait_until
from tests.support.databases import Database, both_databases, postgresql_only, somebody_waits_for_a_lock

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
PENDING = 150
WRITERS = 8
SECONDS = 30.0


def claimer(database: Database, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.resources.executions.claimer"],
        env={**os.environ, "STIGMER_HOME": str(home), **database.environment_of_this_process()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_never_claim_a_run_twice(agent_id: str, database: Database, tmp_path: Path) -> None:
    ids = [start(agent_id) for _ in range(PENDING)]
    with claimer(database, tmp_path) as one, claimer(database, tmp_path) as other:
        for process in (one, other):
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        with ThreadPoolExecutor(2) as pool:
            got = list(pool.map(lambda process: process.communicate(" ".join(ids))[0].split(), (one, other)))
    assert sorted([*got[0], *got[1]]) == sorted(ids)
    assert set(RUN.model.objects.values_list("attempt", flat=True)) == {1}
    assert [each.data["phase"] for each in ExecutionEvent.objects.filter(execution_id=ids[0])] == [1, 2]


def numbers(execution_id: str) -> list[int]:
    return list(ExecutionEvent.objects.filter(execution_id=execution_id).values_list("number", flat=True))


def claimed(agent_id: str) -> str:
    run_id = start(agent_id)
    assert actions.claim(RUN, run_id, "one", seconds=60)
    return run_id


def message(text: str) -> MessageAdded:
    return MessageAdded(0, Speaker.AI, text)


def in_thread(act: Callable[[], object]) -> None:
    """As another process would: on a connection of its own."""
    try:
        act()
    finally:
        connection.close()


def test_events_count_from_one_without_gaps_whoever_writes_them(agent_id: str) -> None:
    runs = [claimed(agent_id) for _ in range(2)]

    def write(writer: int) -> None:
        for number in range(10):
            for run_id in runs:
                actions.append(RUN, run_id, "one", [message(f"{writer} {number}")] * 2)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda writer: in_thread(lambda: write(writer)), range(WRITERS)))
    assert [numbers(run_id) for run_id in runs] == [list(range(1, 3 + WRITERS * 20))] * 2


def test_nothing_to_record_records_nothing(agent_id: str) -> None:
    run_id = claimed(agent_id)
    actions.append(RUN, run_id, "one", [])
    assert numbers(run_id) == [1, 2]


def test_what_is_undone_leaves_no_gap(agent_id: str) -> None:
    run_id = claimed(agent_id)
    with write_transaction(keep=False):
        actions.append(RUN, run_id, "one", [message("lost")])
    actions.append(RUN, run_id, "one", [message("kept")])
    assert numbers(run_id) == [1, 2, 3]


@contextmanager
def uncommitted(run_id: str, text: str) -> Iterator[None]:
    """An event of a run is written, and committed at the end."""
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with write_transaction():
            actions.append(RUN, run_id, "one", [message(text)])
            written.set()
            assert go_on.wait(SECONDS), "somebody waits for us"

    thread = threading.Thread(target=in_thread, args=[write])
    thread.start()
    try:
        assert written.wait(SECONDS)
        yield
    finally:
        go_on.set()
        thread.join(SECONDS)


def texts(inbox: Inbox) -> list[str]:
    """Of what comes next."""
    events = inbox.get(timeout=SECONDS)
    assert events is not None
    return [event.data["content"] for event in events]


@postgresql_only  # on SQLite nobody writes while another transaction has written
def test_a_follower_sees_what_was_written_before_and_committed_after_the_events_of_another_run(agent_id: str) -> None:
    slow, quick = claimed(agent_id), claimed(agent_id)
    hub = Hub()
    with hub.following(slow) as of_slow, hub.following(quick) as of_quick:
        with uncommitted(slow, "written first"):
            actions.append(RUN, quick, "one", [message("committed first")])
            assert texts(of_quick) == ["committed first"]
        assert texts(of_slow) == ["written first"]
        actions.append(RUN, slow, "one", [message("next")])
        assert texts(of_slow) == ["next"]


@postgresql_only  # as above
def test_whoever_relies_on_a_lease_has_it_until_the_transaction_ends(agent_id: str) -> None:
    run_id = claimed(agent_id)
    end = threading.Thread(target=in_thread, args=[lambda: actions.finish(RUN, run_id, "one", Phase.COMPLETED)])
    with write_transaction():
        actions.must_hold(RUN, run_id, "one")
        end.start()
        wait_until(somebody_waits_for_a_lock, "the end waits for us")
        actions.append(RUN, run_id, "one", [message("before the end")])
    end.join(SECONDS)
    types = ExecutionEvent.objects.filter(execution_id=run_id).values_list("type", flat=True)
    assert list(types) == ["phase", "phase", "message", "phase"]
    with pytest.raises(LeaseLost):
        actions.must_hold(RUN, run_id, "one")


def test_followers_of_many_runs_get_each_event_once_and_in_order(agent_id: str) -> None:
    runs = [claimed(agent_id) for _ in range(3)]
    hub = Hub()
    with hub.following(runs[0]) as one, hub.following(runs[1]) as other:
        for number in range(5):
            for run_id in runs:
                actions.append(RUN, run_id, "one", [message(f"{run_id} {number}")])
        for inbox, run_id in ((one, runs[0]), (other, runs[1])):
            got: list[str] = []
            while len(got) < 5:
                got += texts(inbox)
            assert got == [f"{run_id} {number}" for number in range(5)]
