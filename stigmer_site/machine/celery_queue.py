"""The RunQueue of machines that share a broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from kombu.exceptions import OperationalError

from apps.agents.jobs import agent_job
from apps.resources.ports import QueueLost
from stigmer_site.celery import PUBLISHING, make_app

if TYPE_CHECKING:
    from celery import Celery

    from stigmer_site.machine.celery_consumer import CeleryConsumer

logger = logging.getLogger(__name__)

TRY_AGAIN_SECONDS: Final = 3.0
"""Whoever starts a run need not wait for a broker that was gone a moment ago."""


class CeleryQueue:
    """The queue `name` at the broker, made at its first use."""

    def __init__(self, broker_url: str, name: str) -> None:
        self._app = make_app(broker_url, name)
        self._name = name
        self._work: Callable[[str], None] = _runs_elsewhere
        self._job = agent_job(_OwnTasks(self._app), self._call)
        self._consumer: CeleryConsumer | None = None
        self._lost_until = 0.0

    def put(self, execution_id: str) -> None:
        """Publish it, and have the broker confirm it. A runner whose hands are free does without.

        In a runner only the sweeper calls this, for what has waited too long: the broker has had its chance.
        """
        if self._consumer is not None and self._consumer.take(execution_id):
            return
        with self._broker():
            self._job.apply_async((execution_id,), **PUBLISHING)

    def waiting(self) -> int:
        """A runner that cannot reach the broker says that nothing waits there: its sweeper is to go on."""
        try:
            with self._broker(), self._app.connection_for_write() as connection:
                return int(self._app.amqp.queues[self._name](connection.default_channel).queue_declare().message_count)
        except QueueLost as error:
            if self._consumer is None:
                raise
            logger.warning("%s; runs that wait are found by looking for them", error)
            return 0

    def _call(self, execution_id: str) -> None:
        self._work(execution_id)

    def consumer(self, work: Callable[[str], None], *, workers: int) -> CeleryConsumer:
        from stigmer_site.machine.celery_consumer import CeleryConsumer  # those who only put something in need none

        self._consumer = CeleryConsumer(self._app, work, workers)
        self._work = self._consumer.work
        return self._consumer

    @contextmanager
    def _broker(self) -> Iterator[None]:
        """Raises QueueLost where the broker does not answer, and for a moment afterwards without asking it."""
        if time.monotonic() < self._lost_until:
            raise QueueLost("the broker does not answer")
        try:
            yield
        except (OperationalError, OSError, *self._app.connection_for_write().connection_errors) as error:
            self._lost_until = time.monotonic() + TRY_AGAIN_SECONDS
            raise QueueLost(f"the broker does not answer: {type(error).__name__}") from error


class _OwnTasks:
    """Celery's own manner has a function registered in every application of the process."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def task(self, *, name: str) -> Any:  # Any: celery has no types
        return self._app.task(name=name, shared=False)


def _runs_elsewhere(execution_id: str) -> None:
    raise RuntimeError(f"the run {execution_id} is for a runner, not for this process")
