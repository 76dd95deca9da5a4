"""Processes that write to one file take turns, in the order in which they asked."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from apps.resources.storage import write_queue
from apps.resources.storage.write_queue import Turns
from tests.support.daemon import wait_until

HOLDER = """
import sys
from pathlib import Path
from apps.resources.storage.write_queue import Turns

with Turns(Path(sys.argv[1])).turn():
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stigmer.db"


def test_who_waits_is_next_whoever_asks_again(path: Path) -> None:
    busy, patient = Turns(path), Turns(path)  # locks of their own, as in two processes
    order: list[str] = []

    def wait() -> None:
        with patient.turn():
            order.append("patient")

    waiting = threading.Thread(target=wait)
    with busy.turn():
        order.append("busy")
        waiting.start()
        wait_until(lambda: not _is_free(path.with_suffix(".queue")), "somebody is next")
    with busy.turn():
        order.append("busy again")
    waiting.join(30)
    assert order == ["busy", "patient", "busy again"]


def test_the_turn_of_a_process_that_is_killed_comes_back(path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        assert not _is_free(path.with_suffix(".turn"))
        holder.kill()
        holder.wait()
        with Turns(path).turn():
            assert not _is_free(path.with_suffix(".turn"))
    assert _is_free(path.with_suffix(".turn"))


def test_nobody_waits_for_ever_for_one_that_is_stuck(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "PATIENCE_SECONDS", 0.05)
    stuck, other = Turns(path), Turns(path)
    with stuck.turn():
        with other.turn():
            assert not _is_free(path.with_suffix(".turn"))
        assert not _is_free(path.with_suffix(".turn")), "it has not been taken away"


def test_where_no_file_can_be_made_the_database_decides(tmp_path: Path) -> None:
    entered = []
    with Turns(tmp_path / "missing" / "stigmer.db").turn():
        entered.append(True)
    assert entered == [True]


def _is_free(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        return write_queue.is_locked(descriptor, 0.0)
    finally:
        os.close(descriptor)
