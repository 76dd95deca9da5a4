"""Bringing a daemon up and following it until it serves: the slow path of `launch.ensure_running`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from apps.backends.config.environ import child_environment
from apps.backends.local import environment, lock
from apps.backends.local.errors import ComponentFailed, DaemonDied, DataDirError, StartTimeout
from apps.backends.local.exits import ALREADY_RUNNING, CANNOT_WRITE
from apps.backends.local.exits import FAILED as EXIT_FAILED
from apps.backends.local.exits import STOPPED as EXIT_STOPPED
from apps.backends.local.logs import read_last
from apps.backends.local.paths import DataPaths
from apps.backends.local.running import OnProgress, Progress, RunningDaemon, running_daemon
from apps.backends.local.state import EXTERNAL, DaemonState, read_state
from apps.backends.local.stopping import stop_daemon
from apps.backends.local.units import python_module
from apps.backends.version import VERSION
from apps.processes import process
from apps.processes.interrupts import held_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.local_settings import LocalSettings

_LOOK_SECONDS: Final = 0.005  # between two looks at the state file while somebody waits
_SPAWN_AGAIN_SECONDS: Final = 0.25  # after a daemon found the lock taken
_SILENT_SECONDS: Final = 2.0  # without word from the daemon, before the disk is looked at
_STOP_SECONDS: Final = 40.0
_LINES_SHOWN: Final = 10

# Daemons of ours, kept so that the interpreter does not warn of running children, and reaped while we live.
_children: list[subprocess.Popen[bytes]] = []
# Those that nobody waits for yet, by data directory.
_early: dict[str, subprocess.Popen[bytes]] = {}


def daemon_command(settings: LocalSettings) -> tuple[str, ...]:
    return python_module("apps.backends.local.daemon", settings.data_dir)


def spawn(settings: LocalSettings) -> subprocess.Popen[bytes]:
    """Start a daemon, detached from our terminal and directory. If another holds the lock it ends by itself."""
    paths = DataPaths(settings.data_dir)
    paths.prepare()
    log = os.open(paths.log("daemon"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        with held_back():  # a child that nobody knows of could not be ended
            child = subprocess.Popen(
                daemon_command(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=paths.root,
                env=environment.for_server(child_environment(), settings),
                start_new_session=True,
            )
            _children[:] = [*(former for former in _children if former.poll() is None), child]
    finally:
        os.close(log)
    return child


def spawn_unwatched(settings: LocalSettings) -> None:
    """As `spawn`; what goes wrong here goes wrong again, and is told, when somebody waits for the daemon."""
    from apps.backends.errors import BackendError

    with suppress(BackendError, OSError):
        _early[settings.data_dir] = spawn(settings)


def end_spawned(timeout_seconds: float = _STOP_SECONDS) -> None:
    """End the daemons that this process has started, one that is too young for `stop` to find it, too."""
    for child in _children:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                child.kill()


class Start:
    """One wait for a daemon that serves, whoever started it."""

    def __init__(
        self,
        settings: LocalSettings,
        on_progress: OnProgress | None,
        wait_for: tuple[str, ...],
        timeout_seconds: float,
        before_replacing: Callable[[RunningDaemon], None] | None = None,
    ) -> None:
        self._settings = settings
        self._paths = DataPaths(settings.data_dir)
        self._on_progress = on_progress
        self._wait_for = wait_for
        self._timeout = timeout_seconds
        self._before_replacing = before_replacing
        self._child = _early.pop(settings.data_dir, None)
        self._spawn_at = 0.0
        # Daemons whose end is ours to report.
        self._followed: set[int] = {self._child.pid} if self._child else set()
        self._seen: dict[str, Progress] = {}
        self._noted: set[str] = set()
        self._doing = ""
        self._deadline = 0.0

    def run(self) -> RunningDaemon:
        self._moved()
        self._replace_unfit()
        state = read_state(self._paths.state)
        if not (state and state.is_alive):
            self._report(Progress("daemon", "STARTING"))
        while True:
            state = read_state(self._paths.state)
            if state and state.is_alive:
                self._followed.add(state.pid)
                if self._look(state):
                    return running_daemon(state, was_started=True)
            else:
                self._nobody_there(state)
            self._refuse_full_disk()
            if time.monotonic() >= self._deadline:
                raise StartTimeout(self._timeout, self._doing, lines=self._log_lines("daemon"))
            time.sleep(_LOOK_SECONDS)

    def _replace_unfit(self) -> None:
        """End a daemon that cannot serve us: another version's, or one whose server has given up."""
        state = read_state(self._paths.state)
        if state and state.is_alive and (why := why_replace(state)):
            if self._before_replacing and state.is_ready(("api",)):
                self._before_replacing(running_daemon(state))
            self._report(Progress("daemon", "STOPPING", stage=why))
            stop_daemon(self._settings, None, _STOP_SECONDS)

    def _look(self, state: DaemonState) -> bool:
        """Pass on what changed. Whether all that is waited for serves; raises when some of it never will."""
        for component in state.components:
            if component.note:
                self._report_note(component.note)
            self._report(Progress(component.name, component.state, component.stage, component.reason))
        self._raise_for_failed(state)
        return state.phase != "stopping" and state.is_ready(self._wait_for)

    def _raise_for_failed(self, state: DaemonState, *, everything: bool = False) -> None:
        for component in state.components:
            if component.state == "FAILED" and (everything or component.name in self._wait_for):
                lines = component.lines[-_LINES_SHOWN:]
                raise ComponentFailed(
                    component.name, component.state, component.reason, hint=component.hint, lines=lines
                )

    def _nobody_there(self, state: DaemonState | None) -> None:
        """No living daemon: ours is still booting, has ended, or must be started."""
        if state and state.phase == "failed" and state.pid in self._followed:
            self._raise_for_failed(state, everything=True)
        if self._child is None:
            if time.monotonic() >= self._spawn_at:
                self._child = self._spawn()
            return
        code = self._child.poll()
        if code is None:
            return
        self._child = None
        self._spawn_at = time.monotonic() + _SPAWN_AGAIN_SECONDS
        if code == ALREADY_RUNNING:
            self._ask_holder()
        elif code == CANNOT_WRITE:
            self._paths.prepare()  # says what is wrong with the place
            raise DataDirError(self._paths.root, "other", " ".join(self._log_lines("daemon")[-1:]))
        elif code not in {EXIT_FAILED, EXIT_STOPPED}:
            raise DaemonDied(code, lines=self._log_lines("daemon"))

    def _refuse_full_disk(self) -> None:
        """A daemon on a full disk cannot say how it is doing: say so instead of waiting for word from it."""
        silent_since = self._deadline - self._timeout
        if time.monotonic() < silent_since + _SILENT_SECONDS:
            return
        if self._paths.is_full:
            raise DataDirError(self._paths.root, "full")

    def _spawn(self) -> subprocess.Popen[bytes]:
        child = spawn(self._settings)
        self._followed.add(child.pid)
        return child

    def _ask_holder(self) -> None:
        """The lock is held, yet no state tells by whom: somebody removed the file. Have it written again."""
        if holder := lock.holder(self._paths.lock):
            process.send(*holder, signal.SIGHUP)

    def _report_note(self, note: str) -> None:
        if note not in self._noted and self._on_progress:
            self._on_progress(Progress("daemon", "STARTING", note=note))
        self._noted.add(note)

    def _report(self, progress: Progress) -> None:
        if self._seen.get(progress.component) == progress or progress.state in {"STOPPED", EXTERNAL}:
            return
        self._seen[progress.component] = progress
        self._doing = f"{progress.component}: {progress.stage or progress.reason or progress.state}"
        self._moved()
        if self._on_progress:
            self._on_progress(progress)

    def _moved(self) -> None:
        self._deadline = time.monotonic() + self._timeout

    def _log_lines(self, component: str) -> list[str]:
        return [line.text for line in read_last(self._paths, [component], _LINES_SHOWN)]


def why_replace(state: DaemonState) -> str:
    """Why a living daemon must make room for a new one; "" when it need not."""
    if state.version != VERSION:
        return f"replacing version {state.version}"
    if any(component.name == "api" and component.state == "FAILED" for component in state.components):
        return "the server has given up"
    return ""
