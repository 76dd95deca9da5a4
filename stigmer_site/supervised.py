"""A unit's end of the socket that the daemon hands it: progress goes up, end of file means stop."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from django.conf import settings
from django.db import DatabaseError

from apps.resources.errors import AddressInUse, StigmerError
from apps.resources.storage.failures import storage_error
from apps.resources.storage_errors import StorageError

logger = logging.getLogger(__name__)


def _settle() -> None:
    """What has been loaded until now stays: the garbage collector need not look at it again, nor come by as often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class Supervisor:
    """Tells the daemon how the unit is doing. Without a daemon (a unit started by hand) it only logs."""

    def __init__(self, channel: socket.socket | None) -> None:
        self.channel = channel
        self._is_ready = False
        self._sending = threading.Lock()
        self._probe: Callable[[Callable[[], object]], object] | None = None

    @classmethod
    def from_settings(cls) -> Supervisor:
        if settings.SUPERVISOR_FD < 0:
            return cls(None)
        channel = socket.socket(fileno=settings.SUPERVISOR_FD)
        os.set_inheritable(channel.fileno(), False)  # our own children must not keep it open
        return cls(channel)

    def stage(self, text: str) -> None:
        """Say what start-up is doing, for people who wait."""
        self._send({"stage": text})

    def ready(self, address: str) -> None:
        """Say that the unit works, at `address` if it has one."""
        self._is_ready = True
        _settle()
        logger.info("ready%s", f" at {address}" if address else "")
        self._send({"ready": True, "address": address})

    @contextmanager
    def starting(self) -> Iterator[None]:
        """What keeps a unit from becoming ready, and has a sentence for people, is told, and ends the unit.

        Errors after `ready`, and those that nobody foresaw, are the unit's own.
        """
        try:
            yield
        except (StigmerError, DatabaseError) as error:
            known = error if isinstance(error, StigmerError) else storage_error(error)
            if self._is_ready or known is None:
                raise
            # Whoever took the port may be gone before we are; if not, the daemon sees it and finds another one.
            may_pass = isinstance(known, AddressInUse) or (isinstance(known, StorageError) and known.may_pass)
            self.give_up(known.message, known.hint, permanent=not may_pass)

    def give_up(self, text: str, hint: str, *, permanent: bool = True) -> NoReturn:
        """Say why the unit cannot run, and end it; `permanent` when starting it again cannot help."""
        logger.error("%s", text)
        if hint:
            logger.error("hint: %s", hint)
        self._send({"failed": text, "hint": hint, "permanent": permanent})
        sys.exit(1)

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Call `stop` once, from a thread of its own, on TERM, INT or when the daemon is gone."""
        wanted = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: wanted.set())
        threading.Thread(target=self._watch, args=[wanted], daemon=True).start()
        threading.Thread(target=lambda: (wanted.wait(), stop()), daemon=True).start()

    def on_ping(self, probe: Callable[[Callable[[], object]], object]) -> None:
        """Answer the daemon's pings: `probe` is handed a function, to be called where the unit's work is done.

        From anywhere else the answer would prove nothing. A unit whose answers cease is replaced after a minute.
        """
        self._probe = probe

    def _watch(self, wanted: threading.Event) -> None:
        if self.channel is None:
            return
        try:
            with self.channel.makefile("rb") as lines:
                for line in lines:
                    self._hear(line)
        except OSError:
            pass
        logger.info("the daemon is gone")
        wanted.set()

    def _hear(self, line: bytes) -> None:
        if self._probe is None or not line.startswith(b'{"ping": '):
            return
        number = json.loads(line)["ping"]
        with suppress(RuntimeError):  # it is about to end
            self._probe(lambda: self._send({"pong": number}))

    def _send(self, message: dict[str, object]) -> None:
        if self.channel is None:
            return
        try:
            with self._sending:
                self.channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            logger.warning("the daemon does not listen any more")
