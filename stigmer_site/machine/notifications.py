"""Bell and change feed of processes that share one PostgreSQL database: NOTIFY inside the writing transaction.

What is told is an id or a name, and only that something happened: whoever hears it reads the database. Each process
hears all of it on one connection of its own (`Ear`). What is told while that is not there is lost, so everybody looks
once after each new connection, and every few seconds anyway. Behind a pooler that shares connections between
transactions nothing is heard, and everybody looks every few seconds.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from apps.resources.ports import Sleeper

logger = logging.getLogger(__name__)

EVENTS, BELL = "stigmer_events", "stigmer_bell"
"""Channels. Payloads: ids of runs; names of sleepers."""
LISTEN = "listen"
"""The database by another way, where the usual one leads through a pooler."""
LOOK_ANYWAY_SECONDS = 3.0
CONNECT_AGAIN_SECONDS = 1.0
IDLE_SECONDS = 20.0
"""After so long without a word the connection is tried, for a server that vanished closes nothing, or given up."""


class Ear:
    """Hears what other processes, and this one, tell, as long as anybody wants to know."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hearers: defaultdict[str, set[Callable[[], None]]] = defaultdict(set)
        """By what they want to hear: a channel, or a channel and a payload."""
        self._thread: threading.Thread | None = None

    def hear(self, what: str, tell: Callable[[], None]) -> None:
        """Call `tell`, in the thread of the ear, whenever this is told, and when something may have been missed."""
        with self._lock:
            self._hearers[what].add(tell)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
                self._thread.start()

    def forget(self, what: str, tell: Callable[[], None]) -> None:
        with self._lock:
            self._hearers[what].discard(tell)
            if not self._hearers[what]:
                del self._hearers[what]

    def _run(self) -> None:
        pause = threading.Event()
        while self._is_needed():
            database = connections.create_connection(LISTEN if LISTEN in connections.databases else DEFAULT_DB_ALIAS)
            try:
                database.ensure_connection()
                with database.wrap_database_errors:
                    self._listen(database.connection)
            except DatabaseError as error:
                logger.warning("cannot hear of changes: %s; trying again", str(error).strip())
            finally:
                database.close()
            pause.wait(CONNECT_AGAIN_SECONDS)

    def _is_needed(self) -> bool:
        with self._lock:
            if not self._hearers:
                self._thread = None
            return self._thread is not None

    def _listen(self, driver: Any) -> None:  # Any: a connection of psycopg, which is in autocommit
        """Until nobody wants to know any more. Raises DatabaseError."""
        for channel in (EVENTS, BELL):
            driver.execute(f"LISTEN {channel}")
        self._tell_all()
        while self._hearers:
            for told in driver.notifies(timeout=IDLE_SECONDS):
                self._tell(told.channel, f"{told.channel} {told.payload}")
            driver.execute("SELECT 1")

    def _tell(self, *names: str) -> None:
        with self._lock:
            hearers = [tell for name in names for tell in self._hearers.get(name, ())]
        for tell in hearers:
            tell()

    def _tell_all(self) -> None:
        with self._lock:
            names = [*self._hearers]
        self._tell(*names)


class NotifyBell:
    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def ring(self, sleeper: Sleeper) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [BELL, sleeper])
        except DatabaseError:
            logger.warning("could not wake %s up; it looks by itself before long", sleeper, exc_info=True)

    def listen(self, sleeper: Sleeper) -> NotifyListener:
        return NotifyListener(self._ear, f"{BELL} {sleeper}")


class NotifyListener:
    """A socket that the ear writes to, so that loops can wait for it among others."""

    def __init__(self, ear: Ear, what: str) -> None:
        self._ear, self._what = ear, what
        self._theirs, self._ours = socket.socketpair()
        self._theirs.setblocking(False)
        ear.hear(what, self._tell)

    def fileno(self) -> int:
        return self._ours.fileno()

    def wait(self, seconds: float) -> bool:
        self._ours.settimeout(seconds)
        try:
            self._ours.recv(1)
        except (TimeoutError, BlockingIOError):
            return False
        self._ours.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self._ours.recv(4096):
                pass
        return True

    def close(self) -> None:
        self._ear.forget(self._what, self._tell)
        self._theirs.close()
        self._ours.close()

    def _tell(self) -> None:
        with contextlib.suppress(OSError):  # enough has piled up there already, or it is closed
            self._theirs.send(b"\0")


class NotifyFeed:
    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def announce(self, execution_ids: Collection[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, id) FROM unnest(%s::text[]) AS id", [EVENTS, sorted(execution_ids)])

    def watch(self) -> NotifyWatch:
        return NotifyWatch(self._ear)


class NotifyWatch:
    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._told = threading.Event()
        self._told.set()
        ear.hear(EVENTS, self._told.set)

    def has_changed(self) -> bool:
        has_changed = self._told.is_set()
        self._told.clear()
        return has_changed

    def wait(self) -> None:
        if not self._told.wait(LOOK_ANYWAY_SECONDS):
            self._told.set()  # look anyway

    def close(self) -> None:
        self._ear.forget(EVENTS, self._told.set)
