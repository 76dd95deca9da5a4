"""One thread that writes for all runs of this process: what piled up while it wrote goes into one transaction.

A commit waits for the disk; sixteen runs that write at once wait for it together. It also keeps what one run
writes in order, and Django's connections out of the threads that run workflows.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from apps.resources.errors import StigmerError
from apps.resources.storage.transaction import write_transaction

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
_Job = tuple[Callable[[], Any], "Future[Any]"]  # Any: each job has a result type of its own
_Outcome = tuple[Any, BaseException | None]
MOST_JOBS = 200
TRY_AGAIN_SECONDS = 0.5
LATER_SECONDS = 0.05


class Committer:
    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting: list[_Job] = []
        self._due_at = 0.0
        self._lock = threading.Lock()
        self._stopping = False
        self.undone = 0
        """How often something written was taken back: what jobs remember of it is worth nothing then."""
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._stopping = True
        self._jobs.put(None)
        self._thread.join(10)

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Have `work` done in a transaction. The answer is there once it is committed.

        `work` may be called again when the database was busy; `undone` tells it.
        """
        future: Future[Result] = Future()
        with self._lock:
            for job in self._waiting:
                self._jobs.put(job)
            self._waiting.clear()
            self._jobs.put((work, future))
        return future

    def submit_later(self, work: Callable[[], Any]) -> None:
        """As `submit`, for what can wait a moment: it goes with the next that cannot, or soon by itself."""
        with self._lock:
            first = not self._waiting
            self._waiting.append((work, Future()))
            if first:
                self._due_at = time.monotonic() + LATER_SECONDS
        if first:
            self._jobs.put(None)  # whoever waits without end has to wait less long now

    def call(self, work: Callable[[], Result]) -> Result:
        """As `submit`, waiting for the commit."""
        return self.submit(work).result()

    def _run(self) -> None:
        while True:
            jobs = self._next_jobs()
            if not jobs:
                break
            self._write(jobs)
        connection.close()

    def _next_jobs(self) -> list[_Job]:
        """Everything that is to be written now; nothing once we are to stop."""
        jobs: list[_Job] = []
        while not jobs:
            with suppress(queue.Empty):
                jobs += filter(None, [self._jobs.get(timeout=self._patience())])
                while len(jobs) < MOST_JOBS:
                    jobs += filter(None, [self._jobs.get_nowait()])
            with self._lock:
                if self._waiting and not jobs and (self._stopping or time.monotonic() >= self._due_at):
                    jobs, self._waiting = self._waiting, []
                if self._stopping:
                    break
        return jobs

    def _patience(self) -> float | None:
        """Seconds until something that could wait cannot any longer."""
        with self._lock:
            if self._stopping:
                return 0.0
            return max(0.0, self._due_at - time.monotonic()) if self._waiting else None

    def _write(self, jobs: list[_Job]) -> None:
        while True:
            try:
                with write_transaction():
                    outcomes = [self._attempt(work, alone=len(jobs) == 1) for work, _ in jobs]
                break
            except OperationalError as failure:
                # Busy or full: the runs wait, nothing of theirs is lost.
                logger.warning("could not write: %s; trying again", failure)
                self.undone += 1
                connection.close()
                if self._stopping:
                    outcomes = [(None, failure)] * len(jobs)
                    break
                time.sleep(TRY_AGAIN_SECONDS)
        for (_, future), (result, error) in zip(jobs, outcomes, strict=True):
            if error is None:
                future.set_result(result)
            else:
                if not isinstance(error, StigmerError):
                    # Not everybody waits for the answer.
                    logger.error("could not write", exc_info=error)
                future.set_exception(error)

    def _attempt(self, work: Callable[[], Any], *, alone: bool) -> _Outcome:
        """Do one job; when it fails, what it wrote is undone and the others are not touched."""
        try:
            with transaction.atomic(savepoint=not alone):
                return work(), None
        except OperationalError:
            raise
        except Exception as error:
            self.undone += 1
            return None, error
