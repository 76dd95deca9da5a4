"""Deploying a project again and again, until somebody has seen enough."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apps.backends.base import Action
from cli.connect import ensure_daemon
from cli.deploy import carry_out, organization_of, project_config
from cli.dev.files import ProjectFiles, Saved
from cli.dev.runs import RunsShown
from cli.dev.watcher import Watcher
from cli.errors import CliError
from cli.exits import Exit
from cli.handshake import runs_under_way
from cli.output import Console
from cli.project.overtaking import Overtaken
from cli.termination import interrupt_on_termination, undo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.config import Config
    from cli.deploy import Request
    from cli.project.project_file import Project
    from cli.report import Report

PATIENCE_SECONDS: Final = 2.0
"""A program that takes no longer is left to its end, whatever is saved meanwhile: it may write files itself."""
NAMED = 3
"""Of the files that were saved, of the runs that go on."""


def develop(console: Console, request: Request) -> None:
    """Until Ctrl-C, or until this process is told to end: both are how it is meant to end, once it watches.

    Raises KeyboardInterrupt where that came before.
    """
    from cli.project.project_file import load_project

    project = load_project(Path.cwd(), config=request.config)
    config = project_config(project)
    organization = organization_of(config, request.org)
    taken = interrupt_on_termination()
    try:
        with server(console, config), alone(config, project, organization):
            Loop(console, request, project, config, organization).run()
    finally:
        undo(taken)


@contextmanager
def server(console: Console, config: Config) -> Iterator[None]:
    """A local server; one that had to be started is stopped at the end, unless runs are under way."""
    from apps.backends.local.launch import find_running, stop
    from apps.backends.local.starting import end_spawned

    was_there = find_running(config.local) is not None
    try:
        ensure_daemon(console, config)
        yield
    finally:
        if not was_there:
            running = find_running(config.local)
            if running is not None and runs_under_way(running):
                console.print("The local server stays, for runs are under way; `stigmer server stop` ends it.")
            else:
                stop(config.local, lambda _: console.print("Stopping local backend daemon"))
                end_spawned()


@contextmanager
def alone(config: Config, project: Project, organization: str) -> Iterator[None]:
    """Be the only one that develops this project in this installation. Raises a CliError where somebody does."""
    import os

    from apps.backends.local import lock

    name = sha256(f"{organization}/{project.name}".encode()).hexdigest()[:16]
    path = str(Path(config.local.data_dir) / "run" / f"dev-{name}.lock")
    descriptor = lock.acquire(path)
    if descriptor is None:
        held = lock.holder(path)
        by = f" (process {held[0]})" if held else ""
        raise CliError(
            f"another `stigmer dev` watches project {project.name!r} already{by}",
            hint="End it with Ctrl-C where it runs",
            exit=Exit.CONFLICT,
        )
    try:
        yield
    finally:
        os.close(descriptor)


class Loop:
    """Of one project. `run` ends when it is interrupted."""

    def __init__(self, console: Console, request: Request, project: Project, config: Config, organization: str) -> None:
        self.console, self.project = console, project
        self.request = replace(request, is_overtaken=self.is_overtaken)
        self.runs = RunsShown(console, config, project.name, organization)
        self.saved = Saved(project.directory)
        self.files = ProjectFiles(project.directory)
        self.watcher = Watcher(project.directory, self.files)
        self.waiting: list[str] = []
        """Saved while a program ran that was ended for it, or nearly."""
        self._began = self._ended = 0.0

    def run(self) -> None:
        self.watcher.begin()
        self.saved.begin(path for path in files_below(self.project.directory, self.files))
        try:
            self.deploy(self.console)
            self.follow()
        except KeyboardInterrupt:
            self.watcher.end()
            going_on = self.runs.stop()
            self.console.print("\nNo longer watching.")
            for name, execution_id in going_on[:NAMED]:
                self.console.print(f"{name} goes on: `stigmer executions follow {execution_id}`")
            if len(going_on) > NAMED:
                self.console.print(f"So do {len(going_on) - NAMED} more: `stigmer executions list`")

    def follow(self) -> None:
        """Deploy with each change, without an end."""
        during = True  # what came with the first deployment
        while True:
            paths, self.waiting = self.waiting, []
            if not paths:
                look = self.watcher.next()
                if not look.paths and look.since < self._ended:
                    continue  # it was quiet while the program ran, which says nothing of what it has written since
                paths = self.saved.changed(look.paths, during=during)
            during = bool(paths)
            if paths:
                self.tell(paths)
                self.deploy(Console(quiet=True, no_input=self.console.no_input, debug=self.console.debug))

    def is_overtaken(self) -> bool:
        """Whether something was saved while the program runs, which does not come to its end."""
        for look in self.watcher.so_far():
            found = self.saved.changed(look.paths, during=True) if look.paths else []
            self.waiting += [path for path in found if path not in self.waiting]
        return bool(self.waiting) and time.monotonic() - self._began > PATIENCE_SECONDS

    def tell(self, paths: list[str]) -> None:
        more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
        self.console.print(f"\n{time.strftime('%H:%M:%S')}  saved {', '.join(paths[:NAMED])}{more}")

    def deploy(self, console: Console) -> None:
        """Deploy, and say what changed; what goes wrong is told, and stands until the next change."""
        self._began = time.monotonic()
        try:
            report = carry_out(console, self.request)
        except Overtaken:
            self.console.print("Ended the program, which was still running.")
            return
        except Exception as error:
            from cli.failures import report as tell_failure
            from cli.project.errors import EntryPointFailed

            if isinstance(error, EntryPointFailed):
                error.hint = error.remedy  # the rest is said below
            tell_failure(error, self.console)
            self.console.print("Nothing was changed. Waiting for the next change ...")
            return
        finally:
            self._ended = time.monotonic()
        self.runs.begin()
        self.told(report, self._ended - self._began)

    def told(self, report: Report, seconds: float) -> None:
        from cli.report import change_lines, signed, tell_no_longer_declared

        signs = {Action.CREATED: "+", Action.UPDATED: "~"}
        for each in report.changed:
            self.console.data(signed(signs[each.action], f"{each.kind} {each.slug}"))
            for line in (line for change in each.changes for line in change_lines(change)):
                self.console.data(f"  {line}")
        unchanged = len(report.results) - len(report.changed)
        done = f"{len(report.changed):,} deployed, " if report.changed else ""
        self.console.done(f"{done}{unchanged:,} unchanged ({seconds:.1f} s). Waiting for changes ...")
        tell_no_longer_declared(self.console, report)


def files_below(root: Path, files: ProjectFiles) -> Iterator[Path]:
    """The files that count, without a look into directories that do not."""
    import os

    from watchfiles import Change

    for directory, below, names in os.walk(root):
        below[:] = [name for name in below if files(Change.modified, f"{directory}/{name}")]
        yield from (Path(directory, name) for name in names if files(Change.modified, f"{directory}/{name}"))
