"""What happens to resources, for programs that wait for it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Self

from apps.backends.base import NotReady, Unreachable
from apps.backends.errors import BackendError
from apps.backends.follower import await_server
from apps.backends.resource import Resource
from apps.backends.runs import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from apps.backends.client.connection import Connection
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.watching import ResourceChange, Told, Watched, WatchEvent


class Change(NamedTuple):
    """What happened to one resource: `resource` as it is now, None where it is gone or does not match any more."""

    event: WatchEvent
    id: str
    resource: Resource | None


class Watch:
    """Changes as they happen, over restarts of the server; iterating it waits for the next one, without an end.

    It has begun once it is made: nothing that happens from then on is left out. After the server went away some
    changes may be told again. Iterating raises Unreachable when the server stays away, and Conflict when it does not
    know any more what happened meanwhile: read the list again. It ends when it is closed, which another thread may do.
    """

    def __init__(self, connection: Connection, watched: Watched, position: str) -> None:
        self._connection, self._watched = connection, watched
        self._stopping = Stop()
        self._waiting: deque[ResourceChange] = deque()
        self._position = self._next_position = position
        self._stream = self._open(connection.backend)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Change:
        while not self._waiting:
            self._position = self._next_position
            told = self._read()
            if told is None:
                raise StopIteration
            self._waiting.extend(told.changes)
            self._next_position = told.position or self._next_position
        change = self._waiting.popleft()
        return Change(change.event, change.id, Resource.of(change.resource) if change.resource else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def position(self) -> str:
        """Where another watch goes on and tells what this one has not, and perhaps some of what it has."""
        return self._position if self._waiting else self._next_position

    def close(self) -> None:
        """End it."""
        self._stopping.set()

    def _open(self, backend: GrpcBackend) -> Iterator[Told]:
        """A stream that has begun. Raises Unreachable where it ends at once: the server is going."""
        from apps.backends.grpc_watches import GrpcWatches  # loads generated messages

        stream = GrpcWatches(backend).follow(self._watched, self._next_position, self._stopping)
        begun = next(stream, None)
        if begun is None:
            raise Unreachable("the server is going away")
        self._next_position = begun.position
        return stream

    def _read(self) -> Told | None:
        """The next answer, of another server where this one went away; None when it has been closed."""
        while not self._stopping.is_set():
            try:
                told = next(self._stream, None)
                if told is not None:
                    return told
            except (Unreachable, NotReady):
                pass
            except BackendError:
                if not self._stopping.is_set():  # closing cancels the call that is being read
                    raise
            self._reopen()
        return None

    def _reopen(self) -> None:
        """Go on at a server that has come back."""
        backend = await_server(self._connection.reconnect, self._stopping)
        if self._stopping.is_set():
            return
        if backend is None:
            raise Unreachable("the server went away and did not come back", hint="stigmer server start")
        try:
            self._stream = self._open(backend)
        except (Unreachable, NotReady):
            self._stream = iter(())  # it went away again
