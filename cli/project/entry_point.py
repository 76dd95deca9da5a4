"""Runs a project's entry point and hands over the directory that it wrote its manifests into.

The child starts at once and is waited for later, so that a command can import what it needs
meanwhile. What it prints waits in the pipe until then: the caller sees it from `wait()`, in its own thread.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cli.project.errors import (
    BrokenVenv,
    EntryPointFailed,
    EntryPointTimedOut,
    NoGo,
    NoOutputDirectory,
    NoSdk,
    NotStarted,
    OldPython,
)
from cli.project.output_tail import OutputTail
from cli.project.project_file import Runtime
from cli.project.termination import interrupt_on_termination, undo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from cli.project.project_file import Project

DEFAULT_TIME_LIMIT_SECONDS = 120.0
# How long a program has between TERM and KILL: time to flush, not to finish.
STOP_SECONDS = 2.0
MAX_READ_BYTES = 64 * 1024
# A pipe holds 64 KiB: two reads take all that stood in it when the program ended.
READS_AFTER_END = 2
USAGE_ERROR = 2
# `-m stigmer.entry`, with what PYTHONPATH names left out until the SDK is in: a stigmer.py there is not ours. Where the
# SDK itself is only to be found there, as in a checkout that is not installed, it is taken from there.
# Lines are handed on as they are printed; into a pipe, Python would keep them back until it ends.
BOOTSTRAP = """
import os, sys
path = sys.path[:]
named = {os.path.abspath(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part}
sys.path[:] = [part for part in path if os.path.abspath(part) not in named]
try:
    import stigmer.entry
except ModuleNotFoundError:
    sys.path[:] = path
    try:
        import stigmer.entry
    except ModuleNotFoundError as error:
        sys.exit(str(error))
sys.path[:] = path
sys.stdout.reconfigure(line_buffering=True)
stigmer.entry.run()
"""


def start_entry_point(
    project: Project,
    on_output: Callable[[str], None],
    *,
    time_limit_seconds: float = DEFAULT_TIME_LIMIT_SECONDS,
    environment: Mapping[str, str] | None = None,
) -> EntryPointRun:
    """Starts the program; `on_output` gets each line it prints, without line break, from inside `wait()`.

    `environment` replaces the inherited one. Raises NoGo, BrokenVenv, NoOutputDirectory or NotStarted.
    """
    env = dict(os.environ if environment is None else environment)
    # A user who keeps bytecode out of a source tree does not want to compile the SDK on every run.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    command = _command(project, env)
    out_dir = _fresh_directory()
    env["STIGMER_OUT_DIR"] = str(out_dir)
    try:
        process = subprocess.Popen(
            command,
            cwd=project.entry_file.parent,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A session of its own: signalled as a whole, and a question asked on the terminal fails instead of hanging.
            start_new_session=True,
        )
    except OSError as error:
        shutil.rmtree(out_dir, ignore_errors=True)
        raise NotStarted(command[0], (error.strerror or str(error)).lower()) from None
    return EntryPointRun(project, process, out_dir, on_output, time_limit_seconds)


class EntryPointRun:
    """A running entry point. Use it in a `with`: leaving it stops what still runs and removes the directory."""

    def __init__(
        self,
        project: Project,
        process: subprocess.Popen[bytes],
        out_dir: Path,
        on_output: Callable[[str], None],
        time_limit_seconds: float,
    ) -> None:
        self.project = project
        self.out_dir = out_dir
        self.time_limit_seconds = time_limit_seconds
        self._process = process
        self._tail = OutputTail(on_output)
        self._signals: list[signal.Signals] = []
        self._deadline = time.monotonic() + time_limit_seconds
        # The end of the child must wake the reader even when a grandchild keeps the output pipe open.
        self._ended, self._tell_end = os.pipe()
        self._waiter = threading.Thread(target=self._await_end, name="entry-point", daemon=True)
        self._waiter.start()

    def __enter__(self) -> Self:
        self._signals = interrupt_on_termination()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        undo(self._signals)

    def wait(self) -> Path:
        """Waits for the program to end well and returns the directory with its manifests.

        Raises EntryPointFailed, EntryPointTimedOut, NoSdk or OldPython.
        """
        finished = self._forward_output()
        if not finished:
            self._stop()
            self._tail.end()
            raise EntryPointTimedOut(self.project.entry_file, self.time_limit_seconds, self._tail.lines())
        self._tail.end()
        if self._process.returncode != 0:
            raise self._failure()
        return self.out_dir

    def close(self) -> None:
        """Stops what still runs and removes the directory. Safe to call twice."""
        self._stop()
        self._waiter.join()
        if self._process.stdout is not None and not self._process.stdout.closed:
            self._process.stdout.close()
            os.close(self._ended)
        shutil.rmtree(self.out_dir, ignore_errors=True)

    def _await_end(self) -> None:
        self._process.wait()
        os.close(self._tell_end)

    def _forward_output(self) -> bool:
        """Hands output on until the program ends; False when the time limit came first."""
        pipe = self._output()
        os.set_blocking(pipe, False)
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            while (left := self._deadline - time.monotonic()) > 0:
                ready = {key.fd for key, _ in selector.select(left)}
                if pipe in ready and not self._read_some(pipe):
                    selector.unregister(pipe)
                if self._ended in ready:
                    self._waiter.join()
                    self._drain(pipe)
                    return True
        return False

    def _output(self) -> int:
        if self._process.stdout is None:
            raise RuntimeError("the entry point was started without a pipe")
        return self._process.stdout.fileno()

    def _read_some(self, pipe: int) -> bool:
        """Takes what is there; False at the end of the output."""
        try:
            data = os.read(pipe, MAX_READ_BYTES)
        except BlockingIOError:
            return True
        self._tail.feed(data)
        return bool(data)

    def _drain(self, pipe: int) -> None:
        """What the program wrote before it ended. A child it left behind may write for ever: not waited for."""
        for _ in range(READS_AFTER_END):
            try:
                data = os.read(pipe, MAX_READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                return
            self._tail.feed(data)

    def _stop(self) -> None:
        """TERM to the whole group, KILL to whatever is left of it after the deadline."""
        if self._process.returncode is not None or not self._waiter.is_alive():
            return
        self._signal(signal.SIGTERM)
        self._waiter.join(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._waiter.join()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            # Nobody is left (macOS says "not permitted" for a group of zombies).
            return

    def _failure(self) -> Exception:
        """The error for an exit code other than 0, with the cause where it is one of ours."""
        lines = self._tail.lines()
        code = self._process.returncode
        if self.project.runtime is Runtime.PYTHON and (venv := _venv(self.project)) is not None:
            if code == USAGE_ERROR and any("nknown option: -P" in line for line in lines):
                return OldPython(_interpreter(venv), venv)
            if any(_says_no_sdk(line) for line in lines):
                return NoSdk(_interpreter(venv), _install_command(venv))
        return EntryPointFailed(self.project.entry_file, _how(code), lines)


def _fresh_directory() -> Path:
    """An empty directory that only this user can enter."""
    try:
        return Path(tempfile.mkdtemp(prefix="stigmer-out-")).resolve()
    except OSError as error:
        raise NoOutputDirectory((error.strerror or str(error)).lower()) from None


def _command(project: Project, env: Mapping[str, str]) -> list[str]:
    if project.runtime is Runtime.GO:
        go = shutil.which("go", path=env.get("PATH"))
        if go is None:
            raise NoGo(project.file)
        return [go, "run", project.entry_file.name]
    venv = _venv(project)
    python = sys.executable if venv is None else str(_interpreter(venv))
    # -P and the bootstrap keep the user's directory from shadowing the SDK and the standard library.
    return [python, "-P", "-c", BOOTSTRAP, str(project.entry_file)]


def _venv(project: Project) -> Path | None:
    """The project's own virtual environment, or None. Raises BrokenVenv."""
    venv = project.directory / ".venv"
    interpreter = _interpreter(venv)
    if interpreter.is_file():
        return venv
    if interpreter.is_symlink():
        raise BrokenVenv(interpreter, venv)
    return None


def _interpreter(venv: Path) -> Path:
    return venv / "bin" / "python"


def _install_command(venv: Path) -> str:
    """uv makes environments without pip, and says so in their pyvenv.cfg."""
    try:
        by_uv = any(line.startswith("uv =") for line in (venv / "pyvenv.cfg").read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        by_uv = False
    python = _interpreter(venv)
    return f"uv pip install --python {python} -U stigmer" if by_uv else f"{python} -m pip install -U stigmer"


def _says_no_sdk(line: str) -> bool:
    return any(f"No module named {name}" in line for name in ("'stigmer'", "'stigmer.entry'", "'stigmer_proto'"))


def _how(code: int) -> str:
    """`failed with exit code 3`, or the name of the signal that ended it."""
    if code >= 0:
        return f"failed with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
