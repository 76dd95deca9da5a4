"""A real Temporal server for tests.

    def test_something(temporal_server: TemporalServer) -> None:
        client = await Client.connect(temporal_server.address)

`temporal_binary` and `temporal_server` are fixtures (one server for the whole session); a suite that wants
them imports both into its conftest. For one of its own, to kill and start again:
`with running_temporal(directory) as server: ...`.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.backends.local.temporal import find, server
from apps.backends.local_settings import TEMPORAL_VERSION
from apps.processes.addresses import can_connect, parse_address
from tests.support.daemon import wait_until
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


def built_temporal() -> Path:
    """What scripts/build-temporal has built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    program = Path(cache) / "stigmer-build" / f"temporal-{TEMPORAL_VERSION}" / "temporal"
    if not program.exists():
        raise AssertionError(f"{program} is not there: run scripts/build-temporal (once, 5 minutes)")
    return program


@dataclass
class TemporalServer:
    """A server with its database in `directory`, on a port of its own, started as the daemon starts it."""

    directory: Path
    port: int = field(default_factory=free_port)
    settings: tuple[str, ...] = ()
    """Of the server's dynamic configuration, `key=value`."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on the database of a former start, and wait until it accepts connections."""
        program = find.look_at(str(built_temporal()))
        database = self.directory / "temporal.db"
        with (self.directory / "temporal.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *server.command(program, self.address, str(database)),
                    *(part for setting in self.settings for part in ("--dynamic-config-value", setting)),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._serves, f"Temporal serves on {self.address}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it by this signal."""
        if self.process:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    def kill(self) -> None:
        """End it as a crash does."""
        self.stop(signal.SIGKILL)

    def _serves(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError("Temporal ended: " + (self.directory / "temporal.log").read_text())
        return can_connect(parse_address(self.address))


@contextmanager
def running_temporal(directory: Path, *settings: str) -> Iterator[TemporalServer]:
    """A server in an existing, empty directory."""
    temporal = TemporalServer(directory, settings=settings)
    try:
        temporal.start()
        yield temporal
    finally:
        temporal.kill()


@pytest.fixture(scope="session")
def temporal_binary() -> Path:
    """The path of the program."""
    return built_temporal()


@pytest.fixture(scope="session")
def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    """A server that all tests of the session share: they use task queues and ids of their own."""
    with running_temporal(tmp_path_factory.mktemp("temporal")) as temporal:
        yield temporal
