"""A whole installation of its own: a home directory, free ports, and the real program as child processes.

    def test_something(installation: Installation) -> None:
        done = installation.run("apply", "-f", "agent.yaml")
        assert done.code == 0, done.stderr

The fixture stands in tests/cli/conftest.py (`installation`: one daemon for the whole session;
`fresh_installation`: one for the test, nothing running yet). Other suites make their own by
`temporary_installation(path)`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.ports import free_port
from tests.support.prelude import behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROGRAM = (sys.executable, "-P", "-m", "cli")
# What would make a run depend on who runs it.
CLEARED = ("NO_COLOR", "CI", "TERM", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "COLUMNS", "PYTHONUNBUFFERED")


def wait_until(true: Callable[[], bool], what: str, *, seconds: float = 60.0) -> None:
    """Poll until `true()`; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        select.select([], [], [], 0.02)


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """stdout, decoded."""
        return json.loads(self.stdout)


@dataclass
class Installation:
    """STIGMER_HOME and ports of its own. `extra` is added to the environment of every command, and `before_start` is
    called in its process.

    Only the API and the admin run, unless `extra` names other units: {"STIGMER_UNITS": ""} are all there are.
    """

    home: Path
    port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    temporal_port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    before_start: str = ""

    @property
    def endpoint(self) -> str:
        """Where the API listens."""
        return f"localhost:{self.port}"

    @property
    def web(self) -> str:
        """Where the admin listens."""
        return f"127.0.0.1:{self.web_port}"

    @property
    def data_dir(self) -> Path:
        """Database, logs and run files."""
        return self.home / "data"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith("STIGMER_") and key not in CLEARED
        }
        return {
            **kept,
            "HOME": str(self.home),
            "STIGMER_HOME": str(self.home),
            "STIGMER_SERVER_ADDR": self.endpoint,
            "STIGMER_WEB_ADDR": self.web,
            "STIGMER_TEMPORAL_PORT": str(self.temporal_port),
            "STIGMER_UNITS": "api,web",
            **self.extra,
            **(more or {}),
        }

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 60.0,
    ) -> Done:
        """Run `stigmer` with `arguments` to its end; it is killed after `seconds`."""
        done = subprocess.run(
            behind(self.before_start, [*PROGRAM, *arguments]),
            cwd=cwd or self.home,
            env=self.environment(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start `stigmer` with `arguments` and do not wait."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=cwd or self.home,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_on_terminal(
        self,
        *arguments: str,
        cwd: Path | None = None,
        columns: int = 80,
        typed: str = "",
        after: str = "",
        env: Mapping[str, str] | None = None,
        seconds: float = 60.0,
    ) -> tuple[int, str]:
        """Run on a terminal of its own; answers the exit code and all that the terminal was sent.

        `typed` is sent when the text `after` has appeared.
        """
        environment = self.environment({"TERM": "xterm-256color", "COLUMNS": str(columns), **(env or {})})
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(cwd or self.home)
            os.execve(PROGRAM[0], [*PROGRAM, *arguments], environment)
        return collect(process, terminal, seconds, typed, after)

    def state(self) -> dict[str, Any]:
        """The daemon's state file; empty where there is none."""
        try:
            found: dict[str, Any] = json.loads((self.data_dir / "run" / "state.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def stop(self) -> None:
        """End the daemon, by force where it does not go."""
        stopped = self.run("server", "stop")
        if stopped.code != 0:
            self.kill()

    def kill(self) -> None:
        """kill -9 of the daemon and of every unit it started."""
        state = self.state()
        for pid in (state.get("pid", 0), *(each.get("pid", 0) for each in state.get("components", ()))):
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def collect(process: int, terminal: int, seconds: float, typed: str, after: str) -> tuple[int, str]:
    """Read a terminal until its process ends; kill that after `seconds`."""
    deadline, seen = time.monotonic() + seconds, b""
    while True:
        if typed and after.encode() in seen:
            os.write(terminal, typed.encode())
            typed = ""
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            os.kill(process, signal.SIGKILL)
            break
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed.
            break
        if not part:
            break
        seen += part
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), seen.decode(errors="replace").replace("\r\n", "\n")


@contextmanager
def temporary_installation(home: Path, **extra: str) -> Iterator[Installation]:
    """An installation in `home`, an existing empty directory; its daemon is ended afterwards."""
    made = Installation(home, extra=extra)
    try:
        yield made
    finally:
        made.stop()
