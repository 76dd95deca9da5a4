"""Starting runs and waiting for their ends, so many at a time."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.base import NotReady, Unreachable
from apps.backends.errors import BackendError
from apps.backends.follower import await_server
from apps.backends.resource import Resource
from apps.backends.run_kinds import kind_of_run
from apps.backends.runs import Phase, PhaseChanged, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.backends.base import Backend

PATIENCE_SECONDS = 60.0
"""For a server, or an engine, that is not there: it may be starting."""
LOOK_SECONDS = 0.2


class Item(NamedTuple):
    """One run that is to be: the number of its line, and what starts it. Starting it again must start nothing more."""

    line: int
    start: Callable[[Backend], Resource]


@dataclass(frozen=True)
class Ended:
    """How a run ended. `phase` is None for one that was refused; then `error` says why."""

    line: int
    execution_id: str = ""
    phase: Phase | None = None
    error: str = ""
    run: Resource | None = None
    """Where it was asked for."""


class Driver:
    """Runs `items` in `parallel` threads. `wants_runs`: whoever takes the results wants the whole runs."""

    def __init__(
        self,
        backend: Backend,
        items: Iterator[Item],
        reconnect: Callable[[], Backend | None],
        *,
        parallel: int,
        wants_runs: bool,
    ) -> None:
        self.running = 0
        self._backend = backend
        self._items = items
        self._reconnect = reconnect
        self._parallel = parallel
        self._wants_runs = wants_runs
        self._results: queue.Queue[Ended | Exception | None] = queue.Queue()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._streams: set[Stop] = set()

    def results(self, *, tick_seconds: float) -> Iterator[Ended | None]:
        """Each end as it comes; None whenever `tick_seconds` have passed. Raises what stops all of them."""
        threads = [threading.Thread(target=self._work, name="batch", daemon=True) for _ in range(self._parallel)]
        for each in threads:
            each.start()
        left = len(threads)
        while left:
            try:
                result = self._results.get(timeout=tick_seconds)
            except queue.Empty:
                yield None
                continue
            if isinstance(result, Exception):
                self.stop()
                raise result
            if result is None:
                left -= 1
            else:
                yield result

    def stop(self) -> None:
        """Start nothing more and wait for nothing; what runs goes on."""
        self._stopping.set()
        with self._lock:
            streams = [*self._streams]
        for each in streams:
            each.set()

    def _work(self) -> None:
        try:
            while (item := self._next()) is not None:
                ended = self._run(item)
                with self._lock:
                    self.running -= 1
                if ended is not None:
                    self._results.put(ended)
        except Exception as error:  # raised again where the results are read
            self._results.put(error)
        finally:
            self._results.put(None)

    def _next(self) -> Item | None:
        with self._lock:
            item = None if self._stopping.is_set() else next(self._items, None)
            self.running += item is not None
            return item

    def _run(self, item: Item) -> Ended | None:
        try:
            run = self._start(item)
        except (Unreachable, NotReady):
            raise
        except BackendError as refused:
            return Ended(item.line, error=str(refused))
        if run is None:
            return None
        execution_id, phase = str(run.message.metadata.id), Phase.of(run.message.status.phase)
        if phase.is_terminal:
            return Ended(item.line, execution_id, phase, run.message.status.error, run)
        change = self._end_of(execution_id)
        if change is None:
            return None
        whole = None
        if self._wants_runs:
            whole = Resource.of(self._backend.get(kind_of_run(execution_id), resource_id=execution_id))
        return Ended(item.line, execution_id, change.phase, change.error, whole)

    def _start(self, item: Item) -> Resource | None:
        """The stored run, None where nobody waits for it any more. Raises what the server refuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._stopping.is_set():
            try:
                return item.start(self._backend)
            except (Unreachable, NotReady) as error:
                if time.monotonic() > deadline:
                    raise
                if isinstance(error, Unreachable):
                    self._connect_anew()
            self._stopping.wait(LOOK_SECONDS)
        return None

    def _end_of(self, execution_id: str) -> PhaseChanged | None:
        """The last thing that happens in a run; None where nobody waits for it any more."""
        last = 0
        while not self._stopping.is_set():
            stop = Stop()
            with self._lock:
                self._streams.add(stop)
            try:
                for event in self._backend.follow_run(execution_id, after=last, stop=stop):
                    last = event.id
                    for change in event.changes:
                        if isinstance(change, PhaseChanged) and change.phase.is_terminal:
                            return change
            except (Unreachable, NotReady):
                pass
            finally:
                with self._lock:
                    self._streams.discard(stop)
            if not self._stopping.is_set() and not self._connect_anew():
                raise Unreachable("the server stopped; its runs go on when it is started again")
        return None

    def _connect_anew(self) -> bool:
        """Whether there is a server again, or still."""
        backend = await_server(self._reconnect, self._stopping)
        if backend is not None:
            self._backend = backend
        return backend is not None
