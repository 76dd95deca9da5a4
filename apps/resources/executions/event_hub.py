"""Telling followers that something changed, whichever process wrote it.

Whoever commits events wakes the process that has the followers (`announce`). One thread there reads the events
that are new, and looks now and then without being woken: SQLite counts the commits of other connections
(`PRAGMA data_version`, 4 us a look). Nobody follows: nobody looks.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.models import Max

from apps.resources.executions.model import ExecutionEvent
from apps.resources.storage.statements import fetch_after
from apps.resources.wake import Sleeper, Waker, wake

logger = logging.getLogger(__name__)

LOOK_ANYWAY_SECONDS = 0.05
"""Wake-ups may be lost."""
LOOK_EVERY_SECONDS = 0.01
"""Where nobody wakes us."""
REST_SECONDS = 0.008
"""Between two looks, however many commits there are: what comes close together is delivered together."""

Inbox = queue.SimpleQueue[list[ExecutionEvent] | None]
"""What was found at one look, in order. None is for the follower's own use: a wake-up without an event."""


class Hub:
    """Hands new events to the inboxes of those who follow their runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inboxes: defaultdict[str, list[Inbox]] = defaultdict(list)
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._waker: Waker | None = None

    def listen(self, run_dir: Path) -> None:
        """Be woken from now on by whoever commits events."""
        self._waker = Waker(run_dir, Sleeper.API)

    @contextmanager
    def following(self, execution_id: str) -> Iterator[Inbox]:
        """An inbox that gets every event of the run that is committed from now on, in order."""
        inbox: Inbox = queue.SimpleQueue()
        with self._lock:
            self._inboxes[execution_id].append(inbox)
            if self._thread is None:
                self._started.clear()
                self._thread = threading.Thread(target=self._run, name="event hub", daemon=True)
                self._thread.start()
            started = self._started
        started.wait()  # it has noted which event was the last: none from here on is missed
        try:
            yield inbox
        finally:
            with self._lock:
                self._inboxes[execution_id].remove(inbox)
                if not self._inboxes[execution_id]:
                    del self._inboxes[execution_id]

    def _run(self) -> None:
        resting = threading.Event()
        try:
            last = ExecutionEvent.objects.aggregate(last=Max("id"))["last"] or 0
            seen: object = None
            while self._is_needed():
                self._started.set()
                version = _commits_seen()
                if version is None or version != seen:
                    seen = version
                    last = self._deliver(last)
                resting.wait(REST_SECONDS if self._waker else LOOK_EVERY_SECONDS)
                if self._waker:
                    self._waker.wait(LOOK_ANYWAY_SECONDS)
        finally:
            self._started.set()
            connection.close()

    def _is_needed(self) -> bool:
        with self._lock:
            if self._inboxes:
                return True
            self._thread = None
            return False

    def _deliver(self, last: int) -> int:
        # Locked throughout: who registers meanwhile reads the run's state after this look, not before it.
        with self._lock:
            followed = list(self._inboxes)
            try:
                found = fetch_after(ExecutionEvent, "execution_id", followed, last) if followed else []
                news: defaultdict[str, list[ExecutionEvent]] = defaultdict(list)
                for event in found:
                    last = event.pk
                    news[event.execution_id].append(event)
                for execution_id, events in news.items():
                    for inbox in self._inboxes[execution_id]:
                        inbox.put(events)
            except DatabaseError:
                logger.exception("could not read new events; looking again")
        return last


def _commits_seen() -> object:
    """A value that changes with every commit of another connection; None where there is no such thing."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return cursor.fetchone()[0]


def announce(run_dir: Path) -> None:
    """Say that events have been committed."""
    wake(run_dir, Sleeper.API)


HUB = Hub()
