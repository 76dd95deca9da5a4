"""A data directory with a daemon of its own, the real one but for its units."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from apps.backends.local import launch, starting
from apps.backends.local.paths import DataPaths
from apps.backends.local.running import Progress, RunningDaemon
from apps.backends.local.state import ComponentState, DaemonState, read_state
from apps.backends.local.units import server_units
from apps.backends.local_settings import LocalSettings
from apps.backends.version import VERSION
from tests.backends.kit.units import READY, script, serving, unit
from tests.support.daemon import wait_until
from tests.support.ports import free_port

if TYPE_CHECKING:
    from apps.backends.local.supervisor.unit import UnitSpec

ENTRY = Path(__file__).parent / "daemon_entry.py"


def scripted_command(settings: LocalSettings) -> tuple[str, ...]:
    return (sys.executable, "-P", str(ENTRY), settings.data_dir)


def use_scripted_daemon() -> None:
    """For a process of its own; tests use monkeypatch."""
    starting.daemon_command = scripted_command


class Place:
    def __init__(self, directory: Path) -> None:
        self.settings = LocalSettings(str(directory / "data"), f"localhost:{free_port()}", f"127.0.0.1:{free_port()}")
        self.paths = DataPaths(self.settings.data_dir)
        self.told: list[Progress] = []
        api, web = server_units(self.settings, "web")  # the real table, but for the commands
        self.use(
            api._replace(command=script(serving(self.settings.endpoint))),
            web._replace(command=script(serving(self.settings.web))),
        )

    def use(self, *specs: UnitSpec, version: str = VERSION) -> None:
        """What the next daemon runs."""
        directory = Path(self.settings.data_dir)
        directory.mkdir(exist_ok=True)
        given = {"version": version, "units": [spec._asdict() for spec in specs]}
        (directory / "units.json").write_text(json.dumps(given))

    def use_api(self, lines: str = READY, **more: object) -> None:
        """One unit that does not listen anywhere."""
        self.use(unit(lines, "api", essential=True, **more))

    def start(self, **more: object) -> RunningDaemon:
        return launch.ensure_running(
            self.settings,
            self.told.append,
            **{"timeout_seconds": 20.0, **more},  # type: ignore[arg-type]
        )

    @property
    def state(self) -> DaemonState:
        state = read_state(self.paths.state)
        if state is None:
            raise AssertionError("no state file")
        return state

    def component(self, name: str) -> ComponentState:
        component = self.state.component(name)
        if component is None:
            raise AssertionError(f"no component {name}")
        return component

    def daemons(self) -> list[int]:
        """Every living daemon of this directory."""
        return [
            process.pid
            for process in psutil.process_iter(["cmdline", "status"])
            if self.settings.data_dir in (process.info["cmdline"] or ())
            and str(ENTRY) in process.info["cmdline"]
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]

    def end(self) -> None:
        launch.stop(self.settings)
        for pid in self.daemons():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.daemons(), "no daemon is left")
