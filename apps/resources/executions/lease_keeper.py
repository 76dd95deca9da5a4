"""Keeping the leases of the runs that this process works on, and hearing that they are to end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic

from django.db import DatabaseError, connection

from apps.resources.executions import actions
from apps.resources.executions.kind import ExecutionKind, RunRow, RunRow_co
from apps.resources.executions.lease_watch import LEASE_SECONDS
from apps.resources.storage.connections import drop_if_broken
from apps.resources.storage.statements import find

logger = logging.getLogger(__name__)

RENEW_EVERY_SECONDS = 5.0


@dataclass
class Held(Generic[RunRow_co]):
    """A run this process works on. `on_end` is called once, from the keeper's thread."""

    execution: RunRow_co
    on_end: Callable[[], None]
    cancel_reason: str | None = None
    """Why it is to be cancelled; None while it is not."""
    is_lost: bool = False
    """Somebody else has the lease now, or the run is gone: write nothing more."""
    counted_until: float = field(default_factory=time.monotonic, repr=False)
    """The work until then is noted in the row."""
    _told: bool = field(default=False, repr=False)

    def tell(self) -> None:
        if not self._told:
            self._told = True
            self.on_end()


class LeaseKeeper(Generic[RunRow]):
    """One per process and kind. `check` is called by whoever is woken; a thread renews in between."""

    def __init__(self, kind: ExecutionKind[RunRow], owner: str) -> None:
        self.kind, self.owner = kind, owner
        self._held: dict[str, Held[RunRow]] = {}
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lease keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wanted.set()
        self._thread.join()

    @contextmanager
    def claimed(self, execution_id: str, on_end: Callable[[], None]) -> Iterator[Held[RunRow] | None]:
        """The run, if nobody else works on it, with its lease kept meanwhile; otherwise None.

        `on_end` is called when it is to be cancelled or its lease is lost; `Held` says which.
        """
        # Somebody may have thought us dead, and taken a lease away that is about to be found lost: end that first.
        is_ours = execution_id in self._snapshot()
        execution = None if is_ours else actions.claim(self.kind, execution_id, self.owner, seconds=LEASE_SECONDS)
        if execution is None:
            yield None
            return
        held = Held(execution, on_end)
        if execution.cancel_requested_at:
            held.cancel_reason = execution.cancel_reason
        with self._lock:
            self._held[execution_id] = held
        try:
            yield held
        finally:
            with self._lock:
                self._held.pop(execution_id, None)

    def look(self) -> None:
        """Look now for runs that are to be cancelled, or were deleted."""
        self._wanted.set()

    def _run(self) -> None:
        renewed = time.monotonic()
        while not self._stopping:
            self._wanted.wait(max(0.0, renewed + RENEW_EVERY_SECONDS - time.monotonic()))
            self._wanted.clear()
            try:
                self._tell_unwanted()
                if time.monotonic() - renewed >= RENEW_EVERY_SECONDS:
                    renewed = time.monotonic()
                    self._renew()
            except DatabaseError:
                logger.exception("could not look after the leases; trying again")
                drop_if_broken()
        connection.close()

    def _tell_unwanted(self) -> None:
        held = self._snapshot()
        if not held:
            return
        rows = find(self.kind.model, ("id", "cancel_requested_at", "cancel_reason"), "id", list(held))
        found = {execution_id: (asked_at, reason) for execution_id, asked_at, reason in rows}
        for execution_id, each in held.items():
            if execution_id not in found:
                each.is_lost = True
                each.tell()
            elif found[execution_id][0]:
                each.cancel_reason = found[execution_id][1]
                each.tell()

    def _renew(self) -> None:
        for execution_id, held in self._snapshot().items():
            now = time.monotonic()
            worked = now - held.counted_until
            if not actions.renew(self.kind, execution_id, self.owner, seconds=LEASE_SECONDS, worked_seconds=worked):
                held.is_lost = True
                held.tell()
            held.counted_until = now

    def _snapshot(self) -> dict[str, Held[RunRow]]:
        with self._lock:
            return dict(self._held)
