"""Telling followers that something changed, whichever process wrote it.

One thread of the process that has the followers reads the events that are new whenever the machine's ChangeFeed says
that something was committed. Nobody follows: nobody looks.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby

from django.db import DatabaseError

from apps.resources.executions.event_log import events_after_each, last_number
from apps.resources.executions.model import ExecutionEvent
from apps.resources.ports import machine
from apps.resources.storage.connections import borrow, give_back

logger = logging.getLogger(__name__)

REST_SECONDS = 0.002
"""For each inbox that got something: what comes close together is delivered together."""
FIRST_REST_SECONDS = 0.001
"""After a look at commits of runs that nobody follows; twice as long after the next one."""
MOST_REST_SECONDS = 0.008
"""Between two looks, however many commits there are."""
AGAIN_SECONDS = 0.2
"""After a look that failed."""

Inbox = queue.SimpleQueue[list[ExecutionEvent] | None]
"""What was found at one look, in order. None is for the follower's own use: a wake-up without an event."""


class Pace:
    """How long to rest after a look: what one costs, in threads that wake up and answers that go out, decides.

    So a follower alone is told of each commit at once, two hundred of one run are told of several together, and
    commits of runs that nobody follows are looked at in vain a hundred times a second, however many there are.
    """

    def __init__(self) -> None:
        self._in_vain = FIRST_REST_SECONDS

    def rest_after(self, handed: int) -> float:
        """Seconds to rest after a look by which so many inboxes got something."""
        rest = min(REST_SECONDS * handed or self._in_vain, MOST_REST_SECONDS)
        self._in_vain = FIRST_REST_SECONDS if handed else 2 * rest
        return rest

    def waited(self, seconds: float) -> None:
        """So long nobody committed anything, after a rest."""
        if seconds > MOST_REST_SECONDS:
            self._in_vain = FIRST_REST_SECONDS


class Hub:
    """Hands new events to the inboxes of those who follow their runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inboxes: defaultdict[str, list[Inbox]] = defaultdict(list)
        self._last: dict[str, int] = {}
        """Of each run that is followed: the number of the last event that its followers have, or can read."""
        self._thread: threading.Thread | None = None

    @contextmanager
    def following(self, execution_id: str) -> Iterator[Inbox]:
        """An inbox that gets every event of the run that is committed from now on, in order."""
        inbox: Inbox = queue.SimpleQueue()
        last = last_number(execution_id)
        with self._lock:
            self._inboxes[execution_id].append(inbox)
            self._last.setdefault(execution_id, last)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="event hub", daemon=True)
                self._thread.start()
        try:
            yield inbox
        finally:
            with self._lock:
                self._inboxes[execution_id].remove(inbox)
                if not self._inboxes[execution_id]:
                    del self._inboxes[execution_id], self._last[execution_id]

    def _run(self) -> None:
        while self._is_needed():
            try:
                borrow()
                self._watch()
            except (DatabaseError, OSError):
                logger.exception("could not look for new events; looking again")
                threading.Event().wait(AGAIN_SECONDS)
            finally:
                give_back()

    def _watch(self) -> None:
        """Deliver what is new for as long as anybody follows. Every watch begins with a look at everything."""
        resting, pace = threading.Event(), Pace()
        with closing(machine().changes.watch()) as watch:
            while self._inboxes:
                if watch.has_changed():
                    resting.wait(pace.rest_after(self._deliver()))
                began = time.monotonic()
                watch.wait()
                pace.waited(time.monotonic() - began)

    def _is_needed(self) -> bool:
        """Whether anybody follows. If not, whoever comes next starts another thread."""
        with self._lock:
            if self._inboxes:
                return True
            self._thread = None
            return False

    def _deliver(self) -> int:
        """Hand on what is new. Answers how many inboxes got something."""
        # Locked throughout: who registers meanwhile reads the run's state after this look, not before it.
        handed = 0
        with self._lock:
            found = events_after_each(self._last) if self._last else []
            for execution_id, group in groupby(found, key=lambda event: event.execution_id):
                events = list(group)
                self._last[execution_id] = events[-1].number
                for inbox in self._inboxes[execution_id]:
                    inbox.put(events)
                handed += len(self._inboxes[execution_id])
        return handed


HUB = Hub()
