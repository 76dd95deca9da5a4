"""The RunQueue of one machine: Huey over SQLite, whose workers are woken instead of polling.

The queue carries ids and nothing else: the execution row is the truth, and a lost queue file costs a
sweep, not a run.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from huey.api import Huey
from huey.storage import SqliteStorage

from apps.agents.jobs import agent_job
from apps.resources.ports import Bell, Sleeper

if TYPE_CHECKING:
    from apps.agents.consumer import HueyConsumer

logger = logging.getLogger(__name__)

LOOK_ANYWAY_SECONDS = 2.0
"""How long a worker waits for a wake-up before it looks into the queue without one."""
DAMAGE = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR")
"""SQLite's names of the errors of a file that is no queue. The last one: it lacks our tables, or has others."""
Value = TypeVar("Value")


class WakingStorage(SqliteStorage):  # type: ignore[misc]  # huey has no types
    """Blocks in `dequeue` until somebody calls `notify`; huey then does not back off by itself.

    The file may be deleted or damaged at any time, by anybody: whoever uses it next makes a new one.
    """

    blocking = True

    def __init__(self, *args: Any, **options: Any) -> None:  # Any: huey's own options
        self._file_number = 0
        self._open_lock = threading.Lock()
        super().__init__(*args, create_tables=False, **options)  # at its first use, like one that was deleted
        self._changed = threading.Condition()
        self._count = 0
        self._looked = threading.local()

    def notify(self) -> None:
        """Something may be in the queue: wake one worker, which wakes the next when it has found something."""
        with self._changed:
            self._count += 1
            self._changed.notify()

    def release(self) -> None:
        """Wake all workers: they are to end."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def enqueue(self, data: bytes, priority: int | None = None) -> None:
        self._with_file(lambda: super(WakingStorage, self).enqueue(data, priority))

    def queue_size(self) -> int:
        size: int = self._with_file(super().queue_size)
        return size

    def read_schedule(self, _until: Any) -> list[bytes]:  # Any: huey's own
        """None is ever put off. The scheduler asks from the start on, when there may be no file yet."""
        return []

    def dequeue(self) -> bytes | None:
        with self._changed:
            # What a worker found empty is so until somebody says otherwise: it need not look again to know.
            is_empty = self._count == self._empty_at()
        task = None if is_empty else self._look()
        if task is not None:
            return task
        with self._changed:
            self._changed.wait_for(lambda: self._count != self._empty_at(), LOOK_ANYWAY_SECONDS)
        return self._look()

    def _look(self) -> bytes | None:
        with self._changed:
            seen = self._count
        task = self._take()
        self._looked.empty_at = seen if task is None else None
        if task is not None:
            with self._changed:
                self._changed.notify()  # several may have come with one wake-up
        return task

    def _empty_at(self) -> int | None:
        """The count at which this worker found nothing in the queue, if it did at its last look."""
        return getattr(self._looked, "empty_at", None)

    def _take(self) -> bytes | None:
        task: bytes | None = self._with_file(super().dequeue)
        return task

    def _with_file(self, use: Callable[[], Value]) -> Value:
        """What `use` answers. It gets a new file should the one there is turn out to be damaged."""
        try:
            self._look_at_file()
            return use()
        except sqlite3.DatabaseError as error:
            if not error.sqlite_errorname.startswith(DAMAGE):
                raise
            self._set_aside(error)
        self._look_at_file()
        return use()

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Move the damaged file out of the way, unless somebody else has done so."""
        path = Path(self.filename)
        with self._open_lock, suppress(FileNotFoundError):
            self.close()
            if self._file_number in {0, path.stat().st_ino}:
                logger.warning("%s is damaged (%s): it is set aside, and the runs in it are found again", path, error)
                for suffix in ("-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                path.replace(path.with_name(f"{path.name}.damaged"))
            self._file_number = 0

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


class HueyQueue:
    """The queue in the file at `path`. Whoever puts an id into it wakes the runner, in whichever process that is."""

    def __init__(self, path: Path, bell: Bell) -> None:
        self._bell, self._huey = bell, make_huey(path)
        self._work: Callable[[str], None] = _runs_elsewhere
        self._enqueue = agent_job(self._huey, self._call)

    def put(self, execution_id: str) -> None:
        self._enqueue(execution_id)
        self._bell.ring(Sleeper.RUNNER)

    def waiting(self) -> int:
        return int(self._huey.storage.queue_size())

    def _call(self, execution_id: str) -> None:
        self._work(execution_id)

    def consumer(self, work: Callable[[str], None], *, workers: int) -> HueyConsumer:
        from apps.agents.consumer import HueyConsumer  # those who only put something into it need none

        self._work = work
        return HueyConsumer(self._huey, workers)


def _runs_elsewhere(execution_id: str) -> None:
    raise RuntimeError(f"the run {execution_id} is for a runner, not for this process")


def make_huey(path: Path) -> Huey:
    """The queue in the file at `path`, made when it is missing. Results are not kept: rows hold them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Huey("stigmer", storage_class=WakingStorage, filename=str(path), results=False, fsync=False)
