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
    """Blocks in `dequeue` until somebody calls `notify`; huey then does not back off by itself.

    The file may be deleted at any time, by anybody: whoever uses it next makes a new one.
    """

    blocking = True

    def __init__(self, *args: Any, **options: Any) -> None:  # Any: huey's own options
        self._file_number = 0
        self._open_lock = threading.Lock()
        super().__init__(*args, **options)
        self._changed = threading.Condition()
        self._count = 0

    def notify(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def enqueue(self, data: bytes, priority: int | None = None) -> None:
        self._look_at_file()
        super().enqueue(data, priority)

    def dequeue(self) -> bytes | None:
        with self._changed:
            seen = self._count
        task = self._take()
        if task is not None:
            return task
        with self._changed:
            self._changed.wait_for(lambda: self._count != seen, LOOK_ANYWAY_SECONDS)
        return self._take()

    def _take(self) -> bytes | None:
        self._look_at_file()
        task: bytes | None = super().dequeue()
        return task

    def _look_at_file(self) -> None:
        """Open the file anew when it is not the one that is open: deleted, or replaced by another process."""
        path = Path(self.filename)
        with self._open_lock:
            try:
                number = path.stat().st_ino
            except FileNotFoundError:
                number = 0
            if number == self._file_number and number:
                return
            self.close()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.initialize_schema()
            self._file_number = path.stat().st_ino


def make_huey(path: Path) -> Huey:
    """The queue in the file at `path`, made when it is missing. Results are not kept: rows hold them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Huey("stigmer", storage_class=WakingStorage, filename=str(path), results=False, fsync=False)
