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
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cli.project.errors import (
    EntryPointFailed,
    EntryPointTimedOut,
    NoGo,
    NoOutputDirectory,
    NotStarted,
    OldPython,
)
from cli.project.interpreter import find_interpreter, lend_sdk
from cli.project.output_tail import OutputTail
from cli.project.overtaking import Overtaken
from cli.project.project_file import Runtime
from cli.termination import interrupt_on_termination, undo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from cli.project.interpreter import Interpreter
    from cli.project.project_file import Project

DEFAULT_TIME_LIMIT_SECONDS = 120.0
# How long a program has between TERM and KILL: time to flush, not to finish.
STOP_SECONDS = 2.0
GO_LIST_SECONDS = 30.0
# How often somebody is asked whether the program is still wanted.
LOOK_SECONDS = 0.2
MAX_READ_BYTES = 64 * 1024
# A pipe holds 64 KiB: two reads take all that stood in it when the program ended.
READS_AFTER_END = 2
USAGE_ERROR = 2
# `-m stigmer.entry`, with what PYTHONPATH names left out until the SDK is in: a stigmer.py there is not ours. Where the
# SDK itself is only to be found there, as in a checkout that is not installed, it is taken from there. A Python with
# no SDK that we can use (none, another product's, a protobuf that is too old) gets the one that is lent.
# Lines are handed on as they are printed; into a pipe, Python would keep them back until it ends.
BOOTSTRAP = """
import os, sys
lent = {lent!r}
path = sys.path[:]
named = {{os.path.abspath(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part}}
own = [part for part in path if os.path.abspath(part) not in named]
for try_path in [own, path] + [lent[:count] + path for count in range(1, len(lent) + 1)]:
    if try_path[:2] == lent:
        os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
    sys.path[:] = try_path
    try:
        import stigmer.entry
        break
    except Exception as error:
        problem = error
        for name in list(sys.modules):
            if name.partition(".")[0] in ("stigmer", "stigmer_proto") or name.startswith("google.protobuf"):
                del sys.modules[name]
else:
    sys.exit("the Stigmer SDK cannot be loaded by %s: %s" % (sys.executable, problem))
if try_path[:1] == lent[:1] != []:
    print("note: {whose}, has no Stigmer SDK that fits; the one of this command is used", file=sys.stderr)
sys.path[:] = [part for part in try_path if part in lent] + path
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
    python = find_interpreter(project.directory, env) if project.runtime is Runtime.PYTHON else None
    place = _fresh_directory()
    try:
        command = _run_by(python, project, place) if python else _run_by_go(project, env)
        process = _spawn(command, project, env | {"STIGMER_OUT_DIR": str(place / "out")})
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return EntryPointRun(project, process, place, on_output, time_limit_seconds, python)


def _spawn(command: Sequence[str], project: Project, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=project.entry_directory,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A session of its own: signalled as a whole, and a question asked on the terminal fails instead of hanging.
            start_new_session=True,
        )
    except OSError as error:
        raise NotStarted(command[0], (error.strerror or str(error)).lower()) from None


class EntryPointRun:
    """A running entry point. Use it in a `with`: leaving it stops what still runs and removes the directory."""

    def __init__(
        self,
        project: Project,
        process: subprocess.Popen[bytes],
        place: Path,
        on_output: Callable[[str], None],
        time_limit_seconds: float,
        python: Interpreter | None,
    ) -> None:
        self.project = project
        self._python = python
        self.out_dir = place / "out"
        self._place = place
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

    def wait(self, is_overtaken: Callable[[], bool] | None = None) -> Path:
        """Waits for the program to end well and returns the directory with its manifests.

        Raises EntryPointFailed, EntryPointTimedOut, OldPython, and Overtaken as soon as `is_overtaken` says so.
        """
        finished = self._forward_output(is_overtaken)
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
        shutil.rmtree(self._place, ignore_errors=True)

    def _await_end(self) -> None:
        self._process.wait()
        os.close(self._tell_end)

    def _forward_output(self, is_overtaken: Callable[[], bool] | None) -> bool:
        """Hands output on until the program ends; False when the time limit came first."""
        pipe = self._output()
        os.set_blocking(pipe, False)
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            while (left := self._deadline - time.monotonic()) > 0:
                ready = {key.fd for key, _ in selector.select(min(left, LOOK_SECONDS) if is_overtaken else left)}
                if pipe in ready and not self._read_some(pipe):
                    selector.unregister(pipe)
                if self._ended in ready:
                    self._waiter.join()
                    self._drain(pipe)
                    return True
                if is_overtaken and is_overtaken():
                    raise Overtaken
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
        python = self._python
        if python and code == USAGE_ERROR and any("nknown option: -P" in line for line in lines):
            return OldPython(str(python), python.path.parent.parent)
        lacks_module = python and any(line.startswith("ModuleNotFoundError: ") for line in lines)
        return EntryPointFailed(self.project.entry_file, _how(code), lines, str(python) if lacks_module else "")


def _fresh_directory() -> Path:
    """A directory that only this user can enter, with an empty one for manifests, `out`, in it."""
    try:
        place = Path(tempfile.mkdtemp(prefix="stigmer-out-")).resolve()
        (place / "out").mkdir(mode=0o700)
    except OSError as error:
        raise NoOutputDirectory((error.strerror or str(error)).lower()) from None
    return place


def _run_by(python: Interpreter, project: Project, place: Path) -> list[str]:
    lent = [] if python.is_ours else lend_sdk(place / "sdk")
    # -P and the bootstrap keep the user's directory from shadowing the SDK and the standard library.
    return [str(python.path), "-P", "-c", BOOTSTRAP.format(lent=lent, whose=python), str(project.entry_file)]


def _run_by_go(project: Project, env: Mapping[str, str]) -> list[str]:
    go = shutil.which("go", path=env.get("PATH"))
    if go is None:
        raise NoGo(project.file)
    return [go, "run", *_go_package(go, project, env)]


def _go_package(go: str, project: Project, env: Mapping[str, str]) -> list[str]:
    """The package of the entry point as `go run` takes it; outside of any module, the files that it consists of.

    A file that its package is without (by `//go:build`, or a test) runs alone, or Go says why not.
    """
    directory = project.entry_directory
    is_in_module = any((above / "go.mod").is_file() for above in (directory, *directory.parents))
    files = _go_files(go, directory, env if is_in_module else {**env, "GO111MODULE": "off"})
    named = project.entry_file.name
    if project.entry_file.is_file() and files and named not in files:
        return [named]
    return ["."] if is_in_module or not files else files


def _go_files(go: str, directory: Path, env: Mapping[str, str]) -> list[str]:
    """What Go compiles of a directory; empty where it cannot tell."""
    names = "{{range .GoFiles}}{{.}}\n{{end}}{{range .CgoFiles}}{{.}}\n{{end}}"
    try:
        asked = subprocess.run(
            [go, "list", "-e", "-find", "-f", names, "."],
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=GO_LIST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return asked.stdout.splitlines() if not asked.returncode else []


def _how(code: int) -> str:
    """`failed with exit code 3`, or the name of the signal that ended it."""
    if code >= 0:
        return f"failed with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
