"""The runs of a project, shown while they happen: lines of several of them may stand between each other."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

from apps.backends.errors import BackendError
from apps.backends.follower import Follower, reconnector
from apps.backends.resource import Resource
from apps.backends.run_kinds import RUN_KINDS
from apps.backends.runs import Phase, RunEvent
from apps.backends.watching import Watched, WatchEvent
from cli.output import DIM, GREEN, RED, one_line, paint
from cli.runs.listing import Names
from cli.runs.screen import Screen
from cli.runs.view import View

if TYPE_CHECKING:
    from apps.backends.client.watch import Watch
    from apps.backends.config import Config
    from cli.output import Console

TICK_SECONDS = 0.2
SHORT_ID = 6
"""So many of the last characters of a run's id tell it from those beside it."""


class Lines(Screen):
    """Of a run that has others beside it: whole lines, each with the name of the run before it; nothing moves."""

    def __init__(self, console: Console, name: str) -> None:
        super().__init__(console)
        self.live = False
        self._name, self._open = name, ""

    def text(self, text: str) -> None:
        *lines, self._open = f"{self._open}{text}".split("\n")
        for line in lines:
            self.note(line)

    def end_text(self) -> None:
        if self._open.strip():
            self.note(self._open)
        self._open = ""

    def drop_text(self) -> None:
        self.end_text()

    def note(self, line: str) -> None:
        for each in line.split("\n"):
            self.console.print(f"{paint(self._name, DIM, sys.stderr)} {each}".rstrip())

    def gap(self) -> None:
        """Lines of others may stand in between anyway."""


class RunsShown:
    """Of one project: those that begin from `begin` on, until `stop`."""

    def __init__(self, console: Console, config: Config, project: str, organization: str) -> None:
        self._console, self._reconnect = console, reconnector(config)
        self._project, self._organization = project, organization
        self._stopping = threading.Event()
        self._watches: dict[str, Watch] = {}
        self._known: set[str] = set()
        self._under_way: dict[str, str] = {}

    def begin(self) -> None:
        """Watch the runs of both kinds, where nobody does (any more): the project has to be there for that."""
        from apps.backends.client.connection import Connection
        from apps.backends.client.watch import Watch

        for kind in RUN_KINDS:
            if kind in self._watches:
                continue
            with contextlib.suppress(BackendError):  # with the next deployment, then
                backend = self._reconnect()
                if backend is None:
                    continue
                watched = Watched(kind, org=self._organization, project=self._project)
                self._watches[kind] = Watch(Connection(backend, self._organization, self._reconnect), watched, "")
                threading.Thread(target=self._watch, args=(kind, self._watches[kind]), daemon=True).start()

    def stop(self) -> list[tuple[str, str]]:
        """Show nothing more; the names and ids of the runs that go on."""
        self._stopping.set()
        going_on = [(name, execution_id) for execution_id, name in [*self._under_way.items()]]
        for watch in [*self._watches.values()]:
            watch.close()
        return going_on

    def _watch(self, kind: str, watch: Watch) -> None:
        """Each new run gets a thread of its own."""
        try:
            for change in watch:
                is_new = change.event is not WatchEvent.DELETED and change.id not in self._known
                if is_new and change.resource is not None and not self._stopping.is_set():
                    self._known.add(change.id)
                    threading.Thread(target=self._show, args=(change.resource,), daemon=True).start()
        except BackendError as error:
            if not self._stopping.is_set():
                self._console.warn(f"runs are not shown until the next change: {error}")
        finally:
            self._watches.pop(kind, None)

    def _show(self, run: Resource) -> None:
        """One run from its begin to its end."""
        backend = self._reconnect()
        if backend is None:
            return
        execution_id = run.message.metadata.id
        try:
            name = Names(backend).of(run)
            lines = Lines(self._console, f"{name} {execution_id[-SHORT_ID:]} |")
            self._under_way[execution_id] = name
            lines.note(f"started: {execution_id}")
            view = View(lines)
            for item in Follower(backend, execution_id, self._reconnect).events(tick_seconds=TICK_SECONDS):
                if self._stopping.is_set():
                    return
                if isinstance(item, RunEvent):
                    view.show(item)
            view.finish()
            self._under_way.pop(execution_id, None)
            lines.note(verdict(view))
        except BackendError as error:
            if not self._stopping.is_set():
                self._console.warn(f"run {execution_id} is not shown to its end: {error}")
        finally:
            backend.close()


def verdict(view: View) -> str:
    """How it ended."""
    if view.phase is Phase.COMPLETED:
        output = "" if view.output is None else f": {one_line(str(view.output))[:200]}"
        return f"{paint('completed', GREEN, sys.stderr)}{f' in {view.summary}' if view.summary else ''}{output}"
    return f"{paint(view.phase.name.lower(), RED, sys.stderr)}{f': {view.error}' if view.error else ''}"
