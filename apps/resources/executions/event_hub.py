"""Telling followers that something changed, whichever process wrote it.

One thread of the process that has the followers reads the events that are new whenever the machine's ChangeFeed says
that something was committed. Nobody follows: nobody looks.
"""

from __future__ import annotations

import logging
import queue
import threading
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

REST_SECONDS = 0.008
"""Between two looks, however many commits there are: what comes close together is delivered together."""
AGAIN_SECONDS = 0.2
"""After a look that failed."""

Inbox = queue.SimpleQueue[list[ExecutionEvent] | None]
"""What was found at one look, in order. None is for the follower's own use: a wake-up without an event."""


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
        resting = threading.Event()
        with closing(machine().changes.watch()) as watch:
            while self._inboxes:
                if watch.has_changed():
                    self._deliver()
                resting.wait(REST_SECONDS)
                watch.wait()

    def _is_needed(self) -> bool:
        """Whether anybody follows. If not, whoever comes next starts another thread."""
        with self._lock:
            if self._inboxes:
                return True
            self._thread = None
            return False

    def _deliver(self) -> None:
        # Locked throughout: who registers meanwhile reads the run's state after this look, not before it.
        with self._lock:
            found = events_after_each(self._last) if self._last else []
            for execution_id, group in groupby(found, key=lambda event: event.execution_id):
                events = list(group)
                self._last[execution_id] = events[-1].number
                for inbox in self._inboxes[execution_id]:
                    inbox.put(events)


HUB = Hub()
