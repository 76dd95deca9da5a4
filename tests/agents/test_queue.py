"""Many runs at once, and the queue that carries their ids."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from apps.agents import queue
from apps.agents.jobs import agent_job
from apps.agents.queue import HueyQueue, make_huey
from apps.resources.ports import Sleeper
from stigmer_site.machine.datagrams import DatagramBell
from tests.agents.agents import COMPLETED, PENDING, call
from tests.agents.conftest import Own
from tests.support.daemon import wait_until

MANY = 500


def ignore(execution_id: str) -> None:
    """In the place of the work."""


def test_five_hundred_waiting_runs_all_complete(own: Own) -> None:
    agents = own.agents
    agent = agents.agent()
    model = agents.script({"calls": [call("none", n=1)]}, {"calls": [call("none", n=2)]}, "The third turn.")
    started = [agents.start(agent, model) for _ in range(MANY)]
    assert agents.get(started[-1]).status.phase == PENDING
    own.start_runner()
    runs = [agents.wait(run_id, seconds=240.0) for run_id in started]
    assert {run.status.phase for run in runs} == {COMPLETED}
    assert {run.status.messages[-1].content for run in runs} == {"The third turn."}
    assert {len(run.status.messages) for run in runs} == {6}


def test_a_runner_loads_the_libraries_of_models_and_tools_when_a_run_needs_them() -> None:
    code = (
        "import django, sys; django.setup(); import stigmer_site.management.commands.agentrunner; "
        "heavy = {'mcp', 'openai', 'protovalidate', 'pydantic', 'pydantic_ai', 'temporalio'}; "
        "print(sorted(heavy & {*sys.modules}))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "stigmer_site.settings"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_a_worker_is_woken_and_does_not_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LOOK_ANYWAY_SECONDS", 3600.0)
    huey = make_huey(tmp_path / "queue.db")
    agent_job(huey, ignore)("aex-1")
    assert huey.dequeue().args == ("aex-1",)
    woken: list[object] = []
    thread = threading.Thread(target=lambda: woken.append(huey.dequeue()), daemon=True)
    thread.start()
    huey.storage.notify()
    thread.join(30)
    assert woken == [None]


def test_a_worker_that_is_woken_for_several_ids_wakes_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LOOK_ANYWAY_SECONDS", 3600.0)
    bell = DatagramBell(Path(tempfile.mkdtemp(prefix="bell-")))
    together, done = threading.Barrier(2), list[str]()

    def work(execution_id: str) -> None:
        together.wait(30)  # for both workers at once
        done.append(execution_id)

    runs = HueyQueue(tmp_path / "queue.db", bell)
    consumer = runs.consumer(work, workers=2)
    consumer.start()
    for number in range(0, 20, 2):
        runs.put(f"aex-{number}")
        runs.put(f"aex-{number + 1}")
        consumer.look()
        wait_until(lambda most=number + 2: len(done) == most, "both work")  # type: ignore[misc]  # binds the loop's value
    consumer.stop()


def test_an_id_that_is_put_in_wakes_the_runner_and_is_worked_on_there(tmp_path: Path) -> None:
    bell = DatagramBell(Path(tempfile.mkdtemp(prefix="bell-")))  # a short path: sockets have short names
    listener = bell.listen(Sleeper.RUNNER)
    done: list[str] = []
    consumer = HueyQueue(tmp_path / "queue.db", bell).consumer(done.append, workers=1)
    consumer.start()
    of_api = HueyQueue(tmp_path / "queue.db", bell)
    of_api.put("aex-1")
    assert listener.wait(30)
    consumer.look()
    wait_until(lambda: done == ["aex-1"], "a worker takes it")
    assert of_api.waiting() == 0
    consumer.stop()
    listener.close()


def test_the_scheduler_finds_nothing_before_there_is_a_file(tmp_path: Path) -> None:
    assert make_huey(tmp_path / "queue.db").read_schedule() == []


def test_a_deleted_file_is_made_again_by_either_side(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    api_side, runner_side = make_huey(path), make_huey(path)
    enqueue, _ = agent_job(api_side, ignore), agent_job(runner_side, ignore)
    enqueue("aex-1")
    for file in tmp_path.iterdir():
        file.unlink()
    enqueue("aex-2")
    assert runner_side.dequeue().args == ("aex-2",)
    assert api_side.storage.queue_size() == 0


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"", b"SQLite format 3\0" + bytes(4080)])
def test_a_damaged_file_is_set_aside_and_made_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "queue.db"
    path.write_bytes(content)
    huey = make_huey(path)
    agent_job(huey, ignore)("aex-1")
    assert huey.dequeue().args == ("aex-1",)
    assert path.with_name("queue.db.damaged").exists() is bool(content)


def test_a_file_damaged_while_both_sides_use_it_is_made_again_by_either(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    api_side, runner_side = make_huey(path), make_huey(path)
    enqueue, _ = agent_job(api_side, ignore), agent_job(runner_side, ignore)
    enqueue("aex-1")
    assert runner_side.storage.queue_size() == 1
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    path.write_bytes(b"\xff" * path.stat().st_size)
    assert runner_side.storage.queue_size() == 0
    enqueue("aex-2")
    assert runner_side.dequeue().args == ("aex-2",)


def test_a_file_without_our_tables_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table task (other text)")
    huey = make_huey(path)
    agent_job(huey, ignore)("aex-1")
    assert huey.dequeue().args == ("aex-1",)
