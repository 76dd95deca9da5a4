"""One thread writes for all runs: in order, together, and each job by itself when it fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from apps.workflows.worker.group_commit import Committer
from tests.support.databases import both_databases

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def committer() -> Iterator[Committer]:
    started = Committer()
    started.start()
    yield started
    started.stop()
    assert not started._thread.is_alive()


def test_what_can_wait_goes_before_what_follows_it(committer: Committer) -> None:
    done: list[str] = []
    committer.submit_later(lambda: done.append("later"))
    committer.call(lambda: done.append("now"))
    assert done == ["later", "now"]


def test_what_can_wait_is_written_by_itself(committer: Committer) -> None:
    written = threading.Event()
    committer.submit_later(written.set)
    assert written.wait(60)


def test_what_waits_is_written_when_it_stops() -> None:
    committer, done = Committer(), list[str]()
    committer.start()
    committer.submit_later(lambda: done.append("later"))
    committer.stop()
    assert done == ["later"]
    assert not committer._thread.is_alive()


def test_a_job_that_fails_fails_alone(committer: Committer) -> None:
    before = committer.undone
    failed = committer.submit(lambda: int("no number"))
    assert committer.call(lambda: "fine") == "fine"
    assert isinstance(failed.exception(), ValueError)
    assert committer.undone > before


def test_a_busy_database_is_tried_again(committer: Committer) -> None:
    answers = iter([OperationalError("database is locked"), None])

    def work() -> str:
        if error := next(answers):
            raise error
        return "written"

    assert committer.call(work) == "written"
