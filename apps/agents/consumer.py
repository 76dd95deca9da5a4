"""Huey's workers, as threads of the runner."""

from __future__ import annotations

import logging

from huey.api import Huey
from huey.consumer import Consumer

logging.getLogger("huey").setLevel(logging.WARNING)  # runs have log lines of their own


class HueyConsumer:
    """The Consumer of a HueyQueue."""

    def __init__(self, huey: Huey, workers: int) -> None:
        self._huey = huey
        # The scheduler has nothing to do here; once a minute is the least it can be told.
        self._consumer = _ThreadConsumer(huey, workers=workers, periodic=False, scheduler_interval=60)

    def start(self) -> None:
        self._consumer.start()

    def look(self) -> None:
        self._huey.storage.notify()

    def look_after_workers(self) -> None:
        self._consumer.check_worker_health()

    def stop(self) -> None:
        self._consumer.stop_flag.set()
        self._huey.storage.release()


class _ThreadConsumer(Consumer):  # type: ignore[misc]  # huey has no types
    """Without its signal handlers and its own polling: the unit has both already."""

    def _set_signal_handlers(self) -> None:
        pass
