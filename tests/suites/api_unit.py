"""The api unit as a real child process, started the way the daemon starts it.

with ApiUnit(tmp_path) as unit:
    unit.wait_until_ready()
    api = Api(unit.endpoint)
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from tests.support.ports import free_port
from tests.support.prelude import behind

StartUnit = Callable[..., "ApiUnit"]
"""What the fixture `start_unit` gives."""
START_SECONDS = 60.0
# What the daemon takes out of a unit's environment, and what would point it at other data.
REMOVED = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS")


class ApiUnit:
    """One server on a data directory and a port of its own; `log` is what it wrote."""

    command: ClassVar[str] = "grpcrunserver"
    module: ClassVar[str] = "stigmer_site"

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        before_start: str = "",
    ) -> None:
        self.home, self.data_dir, self.log_file = home, home / "data", home / f"{self.command}.log"
        self.port = port or free_port()
        self.env, self.before_start = dict(env or {}), before_start
        self.messages: list[dict[str, Any]] = []
        self._start()

    @property
    def endpoint(self) -> str:
        return f"localhost:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def wait_until_ready(self) -> None:
        """Fails the test with the unit's log when it does not get there."""
        if not any(message.get("ready") for message in self._read_messages()):
            raise AssertionError(f"{self.command} did not become ready:\n{self.log}")

    def wait_until_failed(self) -> dict[str, Any]:
        """What the unit told the daemon about why it ends; it has ended then."""
        told = [message for message in self._read_messages() if "failed" in message]
        self.wait()
        if not told:
            raise AssertionError(f"{self.command} did not say why it ended:\n{self.log}")
        return told[0]

    def wait(self, seconds: float = 60.0) -> int:
        """The exit code, once the process has ended."""
        return self.process.wait(seconds)

    def hang_up(self) -> None:
        """As when the daemon dies: its end of the socket closes."""
        self.channel.close()

    def signal(self, number: int) -> None:
        os.killpg(self.pid, number)

    def restart(self) -> None:
        """The same data and port again, after the process has ended."""
        self.wait()
        self.hang_up()
        self._start()
        self.wait_until_ready()

    def close(self) -> None:
        self.hang_up()
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.wait()

    def __enter__(self) -> ApiUnit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        self.channel, theirs = socket.socketpair()
        self.home.mkdir(exist_ok=True, parents=True)
        with theirs, self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                behind(self.before_start, [sys.executable, "-P", "-m", self.module, self.command]),
                cwd=self.home,
                env=self._environment(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self, channel: int) -> dict[str, str]:
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("STIGMER_", "DJANGO_", *REMOVED))
        }
        return {
            **kept,
            "STIGMER_HOME": str(self.home),
            "STIGMER_SERVER_ADDR": self.endpoint,
            "STIGMER_SUPERVISOR_FD": str(channel),
            **self.env,
        }

    def _read_messages(self) -> list[dict[str, Any]]:
        """Everything the unit has told the daemon, up to its readiness or its end."""
        told: list[dict[str, Any]] = []
        for line in self._lines(time.monotonic() + START_SECONDS):
            told.append(json.loads(line))
            if told[-1].get("ready"):
                break
        self.messages += told
        return told

    def _lines(self, deadline: float) -> Iterator[bytes]:
        received = b""
        while (left := deadline - time.monotonic()) > 0:
            self.channel.settimeout(left)
            try:
                part = self.channel.recv(4096)
            except (TimeoutError, ConnectionResetError):
                return
            if not part:
                return
            received += part
            *lines, received = received.split(b"\n")
            yield from lines
