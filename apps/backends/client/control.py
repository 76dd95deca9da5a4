"""What a run is told from outside: signals, and to wait, to go on, or to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends import control, signals
from apps.backends.client.outcome import NotAnswered

if TYPE_CHECKING:
    from apps.backends.client.connection import Connection
    from apps.backends.runs import Json

QUERY_SECONDS = 20.0


class ControlsRuns:
    """What a client tells runs, by their ids."""

    _connection: Connection

    def cancel(self, execution_id: str, reason: str = "") -> None:
        """Ask a run to end; it may take a moment. Raises Conflict for one that has ended."""
        self._connection.backend.cancel_run(execution_id, reason)

    def terminate(self, execution_id: str, reason: str = "") -> None:
        """End a run now; see Execution.terminate."""
        control.terminate(self._connection.backend, execution_id, reason)

    def pause(self, execution_id: str, reason: str = "") -> None:
        """Hold a run of a workflow; see Execution.pause."""
        control.pause(self._connection.backend, execution_id, reason)

    def resume(self, execution_id: str, reason: str = "") -> None:
        """Let a run that was paused go on; see Execution.resume."""
        control.resume(self._connection.backend, execution_id, reason)

    def signal(self, execution_id: str, name: str, data: Json = None, *, id: str = "") -> None:  # noqa: A002  # as on the wire
        """Send a signal to a run of a workflow; see Execution.signal."""
        signals.send(self._connection.backend, execution_id, name, data, key=id)


class Controlled:
    """What a run is told from outside."""

    _connection: Connection

    @property
    def id(self) -> str:
        raise NotImplementedError

    def cancel(self, reason: str = "") -> None:
        """Ask it to end; it may take a moment. Raises Conflict when it has ended."""
        self._connection.backend.cancel_run(self.id, reason)

    def terminate(self, reason: str = "") -> None:
        """End it now, as cancelled, with the runs that it waits for: nothing of it is asked, or tidies up.

        Prefer `cancel`. Raises Conflict when it has ended.
        """
        control.terminate(self._connection.backend, self.id, reason)

    def pause(self, reason: str = "") -> None:
        """Have a run of a workflow, and the runs of workflows that it waits for, begin nothing new until `resume`.

        What is under way ends; timers and time limits run on. Raises Conflict when it has ended, and for an agent's.
        """
        control.pause(self._connection.backend, self.id, reason)

    def resume(self, reason: str = "") -> None:
        """Let it go on. Raises as `pause`."""
        control.resume(self._connection.backend, self.id, reason)

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
