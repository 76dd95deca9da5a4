"""Telling those who watch that something was written, whichever process wrote it.

One thread reads the journal, once for everybody, as long as anybody watches. Whoever watches takes what is new at its
own pace: of what was noted last from memory, of what is older from the database. A slow one holds nobody up and
piles nothing up. Writers ring no bell for this: on PostgreSQL that would have all commits wait for one lock.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from apps.resources.storage import journal
from apps.resources.storage.journal import Noted, Position

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
IN_MEMORY = 5000
"""Rows of the journal."""


class JournalHub:
    """Holds the end of the journal in memory for those who watch."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._recent: deque[Noted] = deque(maxlen=IN_MEMORY)
        self._end: Position | None = None
        self._watchers = 0
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Have the journal read meanwhile."""
        with self._news:
            self._watchers += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal hub", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._news:
                self._watchers -= 1

    def wake(self) -> None:
        """Have everybody look up: somebody's client has gone."""
        with self._news:
            self._news.notify_all()

    def wait_beyond(self, position: Position, seconds: float) -> None:
        """Return when something was noted after `position`, when somebody calls `wake`, and after so long anyway."""
        with self._news:
            if self._end is None or self._end <= position:
                self._news.wait(seconds)

    def after(self, position: Position) -> list[Noted]:
        """What was noted after it, in order; not all where it is much. Raises PositionGone."""
        with self._news:
            if self._recent and self._recent[0].position <= position:
                return [noted for noted in self._recent if noted.position > position]
            if self._end == position:
                return []
        journal.must_know(position)
        return journal.read_after(position)

    def _run(self) -> None:
        pause = threading.Event()
        while self._is_needed():
            try:
                self._look()
            except DatabaseError:
                logger.exception("could not read the journal; reading again")
                connection.close()
            pause.wait(LOOK_SECONDS)
        connection.close()

    def _look(self) -> None:
        end = self._end
        if end is None:
            end = journal.newest()
        found = journal.read_after(end)
        with self._news:
            self._end = found[-1].position if found else end
            self._recent.extend(found)
            if found:
                self._news.notify_all()

    def _is_needed(self) -> bool:
        """Whether anybody watches. If not, whoever comes next starts another thread."""
        with self._news:
            if self._watchers:
                return True
            self._thread, self._end = None, None
            self._recent.clear()
            return False


HUB = JournalHub()
