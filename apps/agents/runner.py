"""The process that runs agents: takes ids from the queue, claims their runs, keeps the leases, sweeps."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from django.db import DatabaseError, connection

from apps.agents import process_identity
from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.mcp.leftovers import end_leftovers
from apps.agents.runtime.mcp.strays import STRAYS
from apps.agents.runtime.plan import Options
from apps.agents.runtime.run import Run
from apps.agents.sweeper import Sweeper
from apps.resources.executions.lease_keeper import LeaseKeeper
from apps.resources.ports import Bell, QueueLost, RunQueue, Sleeper
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.storage.connections import drop_if_broken

logger = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS = 3.0
HEALTH_SECONDS = 10.0
STOP_SECONDS = 8.0
"""What has an effect outside gets this long to end when the runner stops; then it is cut off."""


class Runner:
    """`start`, then `stop` once. Two runners on one database share the work: claims decide."""

    def __init__(self, queue: RunQueue, bell: Bell, options: Options, *, workers: int) -> None:
        self.options = options
        self.keeper = LeaseKeeper(AGENT_EXECUTION, process_identity.own_name())
        self.listener = bell.listen(Sleeper.RUNNER)
        self.sweeper = Sweeper(AGENT_EXECUTION, queue.put, queue.waiting)
        self.consumer = queue.consumer(self.work, workers=workers)
        self._runs: set[Run] = set()
        self._lock = threading.Lock()
        self._attention = threading.Event()
        self._probes: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._stopping, self._stopped = threading.Event(), threading.Event()

    def start(self) -> None:
        self.keeper.start()
        self.consumer.start()
        for name, loop in (("listener", self._listen), ("sweeper", self._sweep)):
            threading.Thread(target=loop, name=name, daemon=True).start()

    def run_until_stopped(self) -> None:
        """Look after the workers meanwhile: one that died is replaced."""
        while not self._stopping.wait(HEALTH_SECONDS):
            self.consumer.look_after_workers()
        self._stopped.wait()

    def work(self, execution_id: str) -> None:
        """Work on one run, if it is to be had. What queues call; safe to be called twice."""
        if self._stopping.is_set():
            return  # it stays as it is, for another runner
        with Bridge() as bridge, self.keeper.claimed(execution_id, bridge.interrupt) as held:
            if held is None:
                return
            run = Run(held, self.keeper, bridge, self.options)
            with self._lock:
                self._runs.add(run)
            try:
                if self._stopping.is_set():
                    bridge.interrupt()
                run.work()
            finally:
                with self._lock:
                    self._runs.discard(run)

    def stop(self) -> None:
        """Take nothing more, give back what is under way, and return when that is done."""
        self._stopping.set()
        self._attention.set()
        self.consumer.stop()
        self._interrupt(gently=True)
        self._wait_for_runs(STOP_SECONDS)
        self._interrupt(gently=False)
        self._wait_for_runs(STOP_SECONDS)
        self.keeper.stop()
        self.listener.close()
        self._stopped.set()

    def _interrupt(self, *, gently: bool) -> None:
        with self._lock:
            for run in self._runs:
                run.bridge.interrupt(gently=gently)

    def _wait_for_runs(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        waiting = threading.Event()
        while self._runs and time.monotonic() < deadline:
            waiting.wait(0.02)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                if self.listener.wait(60.0):
                    self.consumer.look()
                    self.keeper.look()
            except OSError:
                if not self._stopping.is_set():
                    logger.exception("cannot be woken any more; looking now and then instead")
                return

    def probe(self, answer: Callable[[], object]) -> None:
        """Call `answer` from the thread that sweeps: it shows that the database can still be written."""
        self._probes.put(answer)
        self._attention.set()

    def _sweep(self) -> None:
        next_sweep = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= next_sweep:
                self._look_around()
                next_sweep = time.monotonic() + SWEEP_EVERY_SECONDS
            while not self._probes.empty():
                self._probes.get()()
            self._attention.wait(max(0.0, next_sweep - time.monotonic()))
            self._attention.clear()
        connection.close()

    def _look_around(self) -> None:
        try:
            self.sweeper.sweep()
            self.consumer.look()
            end_leftovers(self.options.register)
            STRAYS.end_orphans()
        except QueueLost as error:
            logger.warning("could not have all abandoned runs worked on, trying again: %s", error)
        except (DatabaseError, sqlite3.Error):
            logger.exception("could not look for abandoned runs; trying again")
            drop_if_broken()
