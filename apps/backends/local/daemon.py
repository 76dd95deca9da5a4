"""The daemon: one small process per data directory that holds the lock, runs the units and says how they are.

`python -P -m apps.backends.local.daemon DATA_DIR`, started by `starting.py`, which hands it the settings in a
variable; the argument is for people who look at a list of processes. Standard library only: it lives as long as
the machine is on and should weigh nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from apps.backends.local import environment, leftovers, lock
from apps.backends.local.copied import settle_installation
from apps.backends.local.exits import ALREADY_RUNNING, CANNOT_WRITE, FAILED, STOPPED
from apps.backends.local.log_rotation import RotatingLog
from apps.backends.local.paths import DataPaths
from apps.backends.local.port_keeper import PortKeeper
from apps.backends.local.state import EXTERNAL, ComponentState, DaemonState, read_state, write_state
from apps.backends.local.supervisor.supervisor import Supervisor
from apps.backends.local.supervisor.unit import Unit, UnitSpec
from apps.backends.local.units import python_module, server_units
from apps.backends.local_settings import VARIABLE, LocalSettings, from_json
from apps.backends.version import VERSION
from apps.processes import process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

_RETRY_WRITE_SECONDS: Final = 5.0
_HOLDER_SECONDS: Final = 5.0


class Daemon:
    """One life of a daemon. `units` and `version` are parameters for tests."""

    def __init__(self, settings: LocalSettings, units: Sequence[UnitSpec], version: str = VERSION) -> None:
        self.paths = DataPaths(settings.data_dir)
        self.version = version
        self._log = RotatingLog(self.paths.log("daemon"))
        seen = environment.for_server(os.environ, settings)
        self._environment = seen
        self._units = [Unit(spec, RotatingLog(self.paths.log(spec.name)), seen, self.paths.root) for spec in units]
        self._ports = PortKeeper(
            settings, self._environment, describe_holder=self._describe_holder, journal=self._log.line
        )
        self._supervisor = Supervisor(
            self._units, on_change=self._publish, journal=self._log.line, make_way=self._ports.make_way
        )
        self._pid = os.getpid()
        self._birth = process.birth(self._pid)
        self._started = process.started_at(self._pid)
        self._started_monotonic = time.monotonic()
        self._lock: int | None = None
        self._unwritten = False
        self._asked = {"stop": False, "publish": False}

    def run(self) -> int:
        """Until asked to stop, or until the server cannot be brought up. Returns the exit code."""
        self._lock = lock.acquire(self.paths.lock)
        if self._lock is None:
            return ALREADY_RUNNING
        self._catch_signals()
        self._log.line(f"daemon {self.version} started (pid {self._pid})")
        former = read_state(self.paths.state)
        if former:
            leftovers.reap(former, self._log.line)
        self._ports.settle(self._units)
        try:
            settle_installation(self.paths.root, self._log.line)
            write_state(self.paths.state, self._state())
        except OSError as error:
            sys.stderr.write(f"{self.paths.state} cannot be written: {error.strerror}\n")
            return CANNOT_WRITE
        self._loop()
        failed = self._supervisor.has_failed
        self._log.line("daemon gave up" if failed else "daemon stopped")
        if failed:
            self._publish()  # stays, to be read by those who ask why
        elif not self._is_displaced:
            with suppress(FileNotFoundError):
                os.unlink(self.paths.state)
        os.close(self._lock)
        return FAILED if failed else STOPPED

    def _loop(self) -> None:
        if self._asked["stop"]:
            self._supervisor.stop()  # asked while leftovers were being ended: nothing is started any more
        while True:
            self._supervisor.step(time.monotonic())
            if self._supervisor.is_done:
                return
            # After the step: it has eaten the byte that would have ended the wait for a signal before it.
            if not self._supervisor.is_stopping and (self._asked["stop"] or self._is_displaced):
                self._supervisor.stop()
                continue
            if self._asked["publish"]:
                self._asked["publish"] = False
                self._publish()
            self._supervisor.wait(time.monotonic(), _RETRY_WRITE_SECONDS if self._unwritten else float("inf"))
            if self._unwritten:
                self._publish()

    @property
    def _is_displaced(self) -> bool:
        """Whether the data directory was removed under us: whatever is there now belongs to another daemon."""
        return self._lock is not None and not lock.is_at(self._lock, self.paths.lock)

    def _catch_signals(self) -> None:
        """Handlers only leave a note; a byte in a socket wakes the loop, which does the work."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._wake = (reader, writer)

        def woken() -> bool:
            with suppress(BlockingIOError):
                reader.recv(4096)
            return True

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._asked["stop"] = True

        def publish(_number: int, _frame: FrameType | None) -> None:
            self._asked["publish"] = True

        def child_ended(_number: int, _frame: FrameType | None) -> None:
            """Only there so that the signal wakes the loop."""

        self._supervisor.watch(reader.fileno(), woken)
        for number, handler in (
            (signal.SIGTERM, stop),
            (signal.SIGINT, stop),
            (signal.SIGHUP, publish),  # somebody has lost our state file
            (signal.SIGCHLD, child_ended),
        ):
            signal.signal(number, handler)

    def _publish(self) -> None:
        if self._is_displaced:
            return
        try:
            write_state(self.paths.state, self._state())
            self._unwritten = False
        except OSError as error:
            if not self._unwritten:
                self._log.line(f"{self.paths.state} cannot be written, will be tried again: {error.strerror}")
            self._unwritten = True

    def _state(self) -> DaemonState:
        return DaemonState(
            pid=self._pid,
            birth=self._birth,
            started=self._started,
            started_monotonic=self._started_monotonic,
            version=self.version,
            data_dir=self.paths.root,
            endpoint=self._ports.settings.endpoint,
            web=self._ports.settings.web,
            phase=self._phase(),
            components=(*(_component(unit) for unit in self._units), *_external(self._ports.settings)),
        )

    def _phase(self) -> str:
        if self._supervisor.has_failed and self._supervisor.is_done:
            return "failed"
        if self._supervisor.is_stopping:
            return "stopping"
        return "ready" if self._supervisor.is_ready else "starting"

    def _describe_holder(self, port: int) -> tuple[str, bool]:
        """Asked of a short-lived process, which may load what this one should not.

        A holder of our own data directory belongs to a daemon that was displaced: it is about to end.
        """
        command = python_module("apps.backends.local.port_holder", str(port))
        try:
            answer = subprocess.run(
                command, capture_output=True, text=True, timeout=_HOLDER_SECONDS, env=self._environment, check=True
            )
            holder: dict[str, str] = json.loads(answer.stdout)
            return holder["text"], holder["data_dir"] == self.paths.root
        except (OSError, subprocess.SubprocessError, ValueError, KeyError):
            return f"port {port} is held by another process", False


def _component(unit: Unit) -> ComponentState:
    return ComponentState(
        name=unit.spec.name,
        state=unit.state.value,
        pid=unit.pid,
        pid_started=unit.pid_started,
        birth=unit.birth,
        address=unit.spec.address,
        stage=unit.stage,
        reason=unit.reason,
        hint=unit.hint,
        starts=unit.starts,
        since=unit.since,
        lines=unit.lines,
        note=unit.note,
    )


def _external(settings: LocalSettings) -> tuple[ComponentState, ...]:
    """What is used and not run by us: shown beside the units."""
    if settings.temporal or not settings.temporal_address:
        return ()
    return (ComponentState("temporal", EXTERNAL, address=settings.temporal_address),)


def main() -> int:
    os.umask(0o077)
    settings = from_json(os.environ[VARIABLE])
    return Daemon(settings, server_units(settings, os.environ.get("STIGMER_UNITS", ""))).run()


if __name__ == "__main__":
    sys.exit(main())
