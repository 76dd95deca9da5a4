"""Following a run: events as they happen, over restarts of the server, until the run has ended."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from apps.backends.base import NotReady, Unreachable
from apps.backends.closed import Closed
from apps.backends.errors import BackendError
from apps.backends.runs import PhaseChanged, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.backends.base import Backend
    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.runs import RunEvent

# A server that restarts is back long before; one that was stopped is not waited for for ever.
AWAY_SECONDS = 60.0
LOOK_SECONDS = 0.1
# A server that has no room for another follower has it when one of them ends.
ROOM_SECONDS = 1.0
Found = TypeVar("Found")


class Lost(NamedTuple):
    """The connection broke and is being made again, or the server cannot serve it just now."""

    why: str = "The server went away; waiting for it"


class Back(NamedTuple):
    """The connection is there again."""


class Follower:
    """Reads the events of one run in a thread of its own, and connects anew when the server went away.

    `reconnect` answers a backend, or None while there is none to connect to. Events up to `after` are left out.
    """

    def __init__(
        self,
        backend: Backend,
        execution_id: str,
        reconnect: Callable[[], Backend | None],
        *,
        after: int = 0,
        away_seconds: float = AWAY_SECONDS,
    ) -> None:
        self.backend = backend
        self.execution_id = execution_id
        self.has_ended = False
        self._reconnect = reconnect
        self._away_seconds = away_seconds
        self._last = after
        self._has_no_room = False
        self._items: queue.Queue[RunEvent | Lost | Back | Exception] = queue.Queue()
        self._stopping = Stop()

    def events(self, *, tick_seconds: float) -> Iterator[RunEvent | Lost | Back | None]:
        """Every event; None whenever `tick_seconds` have passed without one. Ends with the run.

        Raises what the server answers, and Unreachable when it stays away.
        """
        threading.Thread(target=self._read, name="follow", daemon=True).start()
        try:
            while not self.has_ended:
                try:
                    item = self._items.get(timeout=tick_seconds)
                except queue.Empty:
                    yield None
                    continue
                if isinstance(item, Exception):
                    raise item
                self.has_ended = is_last(item)
                yield item
        finally:
            self._stopping.set()

    def _read(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._read_stream():
                    return
            except NotReady as error:
                if not self._wait_for_room(error):
                    return
                continue
            except Unreachable:
                pass
            except Exception as error:  # raised again where the events are read
                self._items.put(error)
                return
            if self._stopping.is_set():
                return
            self._items.put(Lost())
            if not self._await_server():
                return
            self._items.put(Back())

    def _read_stream(self) -> bool:
        """Pass on events until the stream ends. Whether the run has ended with it."""
        for event in self.backend.follow_run(self.execution_id, after=self._last, stop=self._stopping):
            self._last = event.id
            if self._has_no_room:
                self._has_no_room = False
                self._items.put(Back())
            self._items.put(event)
            if is_last(event):
                return True
        return False

    def _wait_for_room(self, error: NotReady) -> bool:
        """False when nobody waits any more. It is told of once, however often it is tried."""
        if self._away_seconds <= 0:
            self._items.put(error)
            return False
        if not self._has_no_room:
            self._has_no_room = True
            self._items.put(Lost(f"{error.message}; waiting until that is over"))
        return not self._stopping.wait(ROOM_SECONDS)

    def _await_server(self) -> bool:
        """Look for the server until it is there; False when nobody waits any more or it stays away."""
        try:
            backend = await_server(self._reconnect, self._stopping, self._away_seconds)
        except Closed as error:
            self._items.put(error)
            return False
        if backend is not None:
            self.backend = backend
        elif not self._stopping.is_set():
            self._items.put(gone(self.execution_id))
        return backend is not None


def await_server(
    reconnect: Callable[[], Found | None], stopping: threading.Event, away_seconds: float = AWAY_SECONDS
) -> Found | None:
    """Look for a server until it is there; None when `stopping` is set or it has stayed away for so long.

    Raises Closed when the program does not want one any more.
    """
    deadline = time.monotonic() + away_seconds
    while time.monotonic() < deadline and not stopping.wait(LOOK_SECONDS):
        try:
            backend = reconnect()
        except Closed:
            raise
        except BackendError:
            continue
        if backend is not None:
            return backend
    return None


def is_last(item: RunEvent | Lost | Back) -> bool:
    """Whether `item` is the event that ends a run."""
    if isinstance(item, (Lost, Back)):
        return False
    return any(isinstance(change, PhaseChanged) and change.phase.is_terminal for change in item.changes)


def gone(execution_id: str) -> Unreachable:
    """The server went away and did not come back."""
    return Unreachable(
        "the server stopped; the run goes on when it is started again",
        hint=f"stigmer server start && stigmer executions follow {execution_id}",
    )


def reconnector(config: Config) -> Callable[[], GrpcBackend | None]:
    """Connects to the daemon of `config` where there is one; starts none."""

    def reconnect() -> GrpcBackend | None:
        from apps.backends.grpc_backend import GrpcBackend
        from apps.backends.local.launch import find_running

        running = find_running(config.local)
        return GrpcBackend(running.endpoint, running.token) if running else None

    return reconnect
