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

from django.db import DatabaseError, connection
from django.db.models import Max

from apps.resources.executions.model import ExecutionEvent
from apps.resources.ports import machine
from apps.resources.storage.statements import fetch_after

logger = logging.getLogger(__name__)

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
            with closing(machine().changes.watch()) as watch:
                while self._is_needed():
                    self._started.set()
                    if watch.has_changed():
                        last = self._deliver(last)
                    resting.wait(REST_SECONDS)
                    watch.wait()
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


HUB = Hub()
