"""Celery's worker, as threads of the runner."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from celery import Celery
from celery.worker import state
from celery.worker.consumer import Consumer

logger = logging.getLogger(__name__)

logging.getLogger("celery").setLevel(logging.WARNING)  # runs have log lines of their own


class RunConsumer(Consumer):  # type: ignore[misc]  # celery has no types
    """Without what others may tell a worker, and the 28 queues that RabbitMQ needs for messages with a delay."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        default_steps: ClassVar = [
            "celery.worker.consumer.connection:Connection",
            "celery.worker.consumer.mingle:Mingle",
            "celery.worker.consumer.events:Events",
            "celery.worker.consumer.heart:Heart",
            "celery.worker.consumer.tasks:Tasks",
            "celery.worker.consumer.consumer:Evloop",
        ]

    def register_with_event_loop(self, hub: Any) -> None:  # Any: kombu's
        """Have the loop look once a second whether it is to stop: between heartbeats nothing else wakes it."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(1.0, _nothing)


class CeleryConsumer:
    """The Consumer of a CeleryQueue. One at a time in a process: Celery keeps whether to stop for all of it.

    At most `workers` runs at once, whether the broker or the sweeper brings them.
    """

    def __init__(self, app: Celery, work: Callable[[str], None], workers: int) -> None:
        self._app, self._work, self._workers = app, work, workers
        self._free = threading.BoundedSemaphore(workers)
        self._taken: set[str] = set()
        self._lock = threading.Lock()
        self._own_threads = ThreadPoolExecutor(workers, thread_name_prefix="found")
        self._thread: threading.Thread | None = None
        self._is_stopping = False

    def start(self) -> None:
        state.should_stop = None
        self._app.set_default()  # the threads of its pool ask for that one, and would find no task in another
        self._thread = threading.Thread(target=self._run, name="celery", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """The broker says by itself when there is something."""

    def look_after_workers(self) -> None:
        if self._thread is not None and not self._thread.is_alive() and not self._is_stopping:
            logger.warning("Celery's worker has ended; it is started again")
            self.start()

    def stop(self) -> None:
        self._is_stopping = True
        state.should_stop = 0  # its loop sees it within a second, and gives back what has not begun

    def join(self, seconds: float) -> None:
        """Wait for the end of Celery's worker."""
        if self._thread is not None:
            self._thread.join(seconds)

    def work(self, execution_id: str) -> None:
        """What Celery's threads call."""
        with self._free:
            self._work(execution_id)

    def take(self, execution_id: str) -> bool:
        """Work on it in a thread of our own, if one may begin now. Whether we do."""
        with self._lock:
            if self._is_stopping or execution_id in self._taken or not self._free.acquire(blocking=False):
                return False
            self._taken.add(execution_id)
        self._own_threads.submit(self._work_on, execution_id)
        return True

    def _work_on(self, execution_id: str) -> None:
        try:
            self._work(execution_id)
        except Exception:  # as Celery does: the row says how the run is
            logger.exception("run %s: could not be worked on", execution_id)
        finally:
            with self._lock:
                self._taken.discard(execution_id)
            self._free.release()

    def _run(self) -> None:
        try:
            self._app.WorkController(
                hostname=f"{uuid.uuid4().hex[:12]}@stigmer",
                concurrency=self._workers,
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
            ).start()
        except Exception:
            logger.exception("Celery's worker has failed")


def _nothing() -> None:
    """For the loop to turn."""
