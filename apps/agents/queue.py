"""Huey over SQLite whose workers are woken instead of polling.

The queue carries ids and nothing else: the execution row is the truth, and a lost queue file costs a
sweep, not a run.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from huey.api import Huey
from huey.storage import SqliteStorage

LOOK_ANYWAY_SECONDS = 2.0
"""How long a worker waits for a wake-up before it looks into the queue without one."""


class WakingStorage(SqliteStorage):  # type: ignore[misc]  # huey has no types
    """Blocks in `dequeue` until somebody calls `notify`; huey then does not back off by itself."""

    blocking = True

    def __init__(self, *args: Any, **options: Any) -> None:  # Any: huey's own options
        super().__init__(*args, **options)
        self._changed = threading.Condition()
        self._count = 0

    def notify(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def dequeue(self) -> bytes | None:
        with self._changed:
            seen = self._count
        task: bytes | None = super().dequeue()
        if task is not None:
            return task
        with self._changed:
            self._changed.wait_for(lambda: self._count != seen, LOOK_ANYWAY_SECONDS)
        again: bytes | None = super().dequeue()
        return again


def make_huey(path: Path) -> Huey:
    """The queue in the file at `path`, made when it is missing. Results are not kept: rows hold them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Huey("stigmer", storage_class=WakingStorage, filename=str(path), results=False, fsync=False)
