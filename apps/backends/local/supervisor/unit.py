"""One supervised process: how to start it, hear it, signal it and clean up after it. No policy.

The unit is a process in a session of its own, so that a signal reaches it with everything it started.
Two lines lead to it: a pipe that carries what it prints into its log, and a socket (its descriptor is in
STIGMER_SUPERVISOR_FD) on which it writes one JSON object a line:

    {"stage": "migrating the database"}                                  progress, for people
    {"ready": true}                                                      it serves now
    {"failed": "why", "hint": "what to do", "permanent": true}           why it is about to end

(`"retry_seconds": 60` instead of permanent: it lacks something that may come; this is not a failure that
counts, it is started again after that time), and on which it sees the end of file when the supervisor is
gone: it stops by itself then. The supervisor writes to it, too:

    {"ping": 7}     answered by {"pong": 7}, from where the unit's work is done, by units that can
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from apps.backends.local.supervisor import readiness
from apps.backends.local.supervisor.states import State, check_move
from apps.processes import compiled
from apps.processes import process as processes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from apps.backends.local.log_rotation import RotatingLog

_CHUNK: Final = 64 * 1024
_SIGNALS: Final = {1: "HUP", 2: "INT", 4: "ILL", 6: "ABRT", 7: "BUS", 9: "KILL", 11: "SEGV", 15: "TERM"}


class UnitSpec(NamedTuple):
    """What the supervisor must know of a unit.

    `after` names units that must be ready before this one is started, `delay_seconds` later; `uses` those
    that are stopped only when it has ended. An `essential` unit that never comes up ends the whole daemon.
    `setting` is the configuration key of `address`, for hints.
    """

    name: str
    command: tuple[str, ...]
    address: str = ""
    after: tuple[str, ...] = ()
    delay_seconds: float = 0.0
    uses: tuple[str, ...] = ()
    essential: bool = False
    setting: str = ""
    start_seconds: float = 60.0  # without a word from it
    stop_seconds: float = 10.0


class Message(NamedTuple):
    """One line from the unit; what it does not say is empty."""

    stage: str = ""
    ready: bool = False
    failed: str = ""
    hint: str = ""
    permanent: bool = False
    retry_seconds: float = 0.0
    pong: bool = False


class Refusal(NamedTuple):
    """Why a unit cannot have its port. `is_passing` tells that it will be let go of soon."""

    sentence: str
    hint: str
    is_passing: bool


class Unit:
    def __init__(self, spec: UnitSpec, log: RotatingLog, environment: Mapping[str, str], directory: str) -> None:
        self.spec = spec
        self.log = log
        self.state = State.STOPPED
        self.since = time.time()
        self.stage = ""
        self.reason = ""
        self.hint = ""
        self.note = ""
        self.starts = 0
        self.pid_started = 0.0
        self.birth = ""
        self.lines: tuple[str, ...] = ()
        self.environment = environment
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._output = -1
        self._heard = b""

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        """Alive, whether it serves or not."""
        return self._process is not None

    @property
    def sources(self) -> list[tuple[int, Callable[[], bool]]]:
        """Descriptors to watch, each with what to call when it is readable (False: do not watch it any more)."""
        found: list[tuple[int, Callable[[], bool]]] = []
        if self._output >= 0:
            found.append((self._output, self._read_output))
        if self._channel:
            found.append((self._channel.fileno(), self._read_channel))
        return found

    def move(self, new: State) -> None:
        check_move(self.spec.name, self.state, new)
        self.state = new
        self.since = time.time()

    def start(self) -> None:
        """Start the process. Raises OSError when that is not possible (no such program, no memory)."""
        self.starts += 1
        self.stage = self.reason = self.hint = ""
        self.lines = ()
        self.log.tail.clear()
        ours, theirs = socket.socketpair()
        output, printed = os.pipe()
        try:
            self._process = subprocess.Popen(
                self.spec.command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd=self._directory,
                env={**self.environment, "STIGMER_SUPERVISOR_FD": str(theirs.fileno())},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError:
            ours.close()
            os.close(output)
            raise
        finally:
            theirs.close()
            os.close(printed)
        ours.setblocking(False)
        os.set_blocking(output, False)
        self._channel, self._output, self._heard = ours, output, b""
        self.birth = processes.birth(self.pid)
        self.pid_started = processes.started_at(self.pid)

    def signal(self, number: int) -> None:
        """Signal the unit and all it started."""
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def ping(self, number: int) -> None:
        """Ask for an answer. Nothing happens where nobody reads."""
        if self._channel:
            with suppress(OSError):
                self._channel.send(json.dumps({"ping": number}).encode() + b"\n")

    def messages(self) -> list[Message]:
        """What it has said since the last call."""
        *lines, self._heard = self._heard.split(b"\n")
        return [message for line in lines if (message := _parse(line))]

    def has_ended(self) -> bool:
        return self._process is not None and readiness.has_ended(self._process)

    def serves(self) -> bool:
        return readiness.serves(self.spec.address, self.pid)

    def clear(self) -> str:
        """After its end: take its last words, end what it left behind, and tell how it ended."""
        process = self._process
        if process is None:
            return ""
        # Its number is still taken by the zombie, so this group is surely its own.
        self.signal(9)
        code = process.wait()
        while self._output >= 0 and self._read_output():
            pass
        while self._channel and self._read_channel():
            pass
        self.log.flush()
        self.lines = tuple(self.log.tail)
        self._process = None
        self.birth = ""
        self.pid_started = 0.0
        last_words = self.lines[-1].strip() if self.lines else ""
        if compiled.is_half(last_words):
            last_words, self.hint = compiled.sentence(last_words), compiled.way_out()
        return _describe(code, last_words)

    def release(self) -> None:
        """Close both lines; call after nobody watches them any more."""
        if self._output >= 0:
            os.close(self._output)
            self._output = -1
        if self._channel:
            self._channel.close()
            self._channel = None

    def _read_output(self) -> bool:
        try:
            chunk = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return False
        self.log.feed(chunk)
        return bool(chunk)

    def _read_channel(self) -> bool:
        if self._channel is None:
            return False
        try:
            chunk = self._channel.recv(_CHUNK)
        except OSError:
            return False
        self._heard += chunk
        return bool(chunk)


def _parse(line: bytes) -> Message | None:
    try:
        said: dict[str, Any] = json.loads(line)  # Any: JSON
        return Message(
            stage=str(said.get("stage", "")),
            ready=said.get("ready") is True,
            failed=str(said.get("failed", "")),
            hint=str(said.get("hint", "")),
            permanent=said.get("permanent") is True,
            retry_seconds=float(said.get("retry_seconds", 0.0)),
            pong="pong" in said,
        )
    except (ValueError, TypeError, AttributeError):
        return None


def _describe(code: int, last_words: str) -> str:
    """How a process ended. One that was told to end, or not even told, has said nothing of the reason."""
    how = f"it ended with exit code {code}"
    if code < 0:
        how = f"it was killed by signal {-code} ({_SIGNALS.get(-code, 'unknown')})"
        if -code in {signal.SIGKILL, signal.SIGTERM}:
            return how
    return f"{how}: {last_words}" if last_words else how
