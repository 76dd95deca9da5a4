"""Sending signals to a run, and waiting for what tasks answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends import signals
from apps.backends.client.outcome import NotAnswered

if TYPE_CHECKING:
    from apps.backends.client.connection import Connection
    from apps.backends.runs import Json

QUERY_SECONDS = 20.0


class Signalled:
    """What a run is told from outside."""

    _connection: Connection

    @property
    def id(self) -> str:
        raise NotImplementedError

    def signal(self, name: str, data: Json = None, *, id: str = "") -> None:  # noqa: A002  # as on the wire
        """Send it a signal, for a task of its workflow that listens; it is kept until one takes it.

        Sent again with the same `id`, it is the same. Raises Conflict when the run has ended.
        """
        signals.send(self._connection.backend, self.id, name, data, key=id)

    def update(self, name: str, data: Json = None, *, id: str = "", timeout: float | None = None) -> Json:  # noqa: A002
        """As `signal`, and wait for the output of the task that takes it. `timeout` is in seconds.

        Raises NotAnswered; the signal stays.
        """
        return self._asked(name, data, id, signals.UPDATE, timeout)

    def query(self, name: str, *, timeout: float | None = QUERY_SECONDS) -> Json:
        """The data of the run, from a task that listens and allows this query. Raises NotAnswered."""
        return self._asked(name, None, "", signals.QUERY, timeout)

    def _asked(self, name: str, data: Json, key: str, kind: str, timeout: float | None) -> Json:
        backend = self._connection.backend
        fate = signals.ask(backend, self.id, name, data, key=key, kind=kind, seconds=timeout)
        if fate.state != signals.TAKEN:
            raise NotAnswered(self.id, name, has_ended=fate.state == signals.UNUSED)
        return fate.answer
