"""Who runs what the Python evaluator leaves over: the interface, and jq in a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from apps.workflows.expressions import jq_child
from apps.workflows.expressions.errors import EvaluationFailed
from apps.workflows.values import Json, finite

_EXACT = 2**53
WAIT_SECONDS = 8.0
"""For an answer, whatever keeps it; less than what a Temporal worker takes for a deadlock."""


class Evaluator(Protocol):
    """Runs jq programs. Deterministic: the same program and document give the same value or the same failure.

    The one exception are its limits: a program near the time limit may pass on one machine and fail on another.
    """

    def check(self, program: str) -> None:
        """Raise EvaluationFailed unless `program` compiles."""

    def evaluate(self, program: str, document: str) -> Json:
        """The first value of `program` on the JSON text `document`; null when it has none."""


class JqProcess:
    """jq in a child process: empty environment, no files, limits on memory, computing and the size of a result.

    Started at the first use, ended and started again when it dies or takes too long. Calls block and may come from
    several threads; they take turns. In-process jq would hold the interpreter lock, could not be stopped, and ends the
    whole process when it runs out of memory.

    `seconds` are seconds of computing: a child that gets no time of a busy machine is waited for longer.
    """

    def __init__(self, *, seconds: float = 1.0, memory_bytes: int = 512 * 2**20, result_bytes: int = 8 * 2**20) -> None:
        self.seconds = seconds
        self.memory_bytes = memory_bytes
        self.result_bytes = result_bytes
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def check(self, program: str) -> None:
        self._ask(program, "")

    def evaluate(self, program: str, document: str) -> Json:
        try:
            return json.loads(self._ask(program, document), parse_float=_number)
        except RecursionError:
            raise EvaluationFailed("the result is nested too deeply") from None
        except ValueError as error:
            raise EvaluationFailed(f"the result cannot be read: {error}") from None

    def close(self) -> None:
        """End the child. A later call starts another."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(self, program: str, document: str) -> str:
        source, data = program.encode(), document.encode("utf-8", "replace")
        with self._lock, self._connected() as connection:
            connection.sendall(jq_child.REQUEST.pack(len(source), len(data)) + source + data)
            status, size = jq_child.ANSWER.unpack(_read(connection, jq_child.ANSWER.size))
            text = _read(connection, size).decode()
        if status == jq_child.OK:
            return text
        if status == jq_child.TOO_LARGE:
            raise EvaluationFailed(f"the result has {int(text):,} bytes, at most {self.result_bytes:,} are allowed")
        raise EvaluationFailed(_reason(text))

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        """The child's socket; whatever goes wrong with it ends the child and becomes EvaluationFailed."""
        try:
            yield self._socket or self._start()
        except (OSError, EOFError) as error:
            if self._stop() == -signal.SIGPROF or isinstance(error, TimeoutError):
                raise EvaluationFailed(f"it took longer than {self.seconds:g} s") from None
            megabytes = self.memory_bytes // 2**20
            raise EvaluationFailed(
                f"jq ended abruptly, most likely because it needs more than {megabytes} MB"
            ) from None
        except BaseException:
            # An interrupt between question and answer: the next answer would belong to this question.
            self._stop()
            raise

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        limits = [str(self.memory_bytes), str(self.seconds), str(self.result_bytes)]
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", str(Path(jq_child.__file__)), *limits],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        self._socket = ours
        # The first answer may wait for the interpreter to start, which says nothing about the program.
        ours.settimeout(30)
        ours.sendall(jq_child.REQUEST.pack(1, 0) + b".")
        _read(ours, jq_child.ANSWER.size)
        ours.settimeout(max(self.seconds, WAIT_SECONDS))
        return ours

    def _stop(self) -> int:
        """End the child. How it ended, as Popen.returncode says it."""
        if self._socket is not None:
            self._socket.close()
        code = 0
        if self._child is not None:
            self._child.kill()
            code = self._child.wait()
        self._socket = self._child = None
        return code


def _read(connection: socket.socket, size: int) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        chunk = connection.recv(min(size - len(chunks), 1 << 20))
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)


def _number(text: str) -> int | float:
    """jq writes what it has not changed as it was written: 1.0, 1E+3, 1E+400."""
    value = finite(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _reason(text: str) -> str:
    """jq's complaint in one line, without the position in the program we wrapped around the author's."""
    line = text.strip().splitlines()[0] if text.strip() else "jq failed"
    return line.removeprefix("jq: error: ").split(" at <top-level>", 1)[0].rstrip(", ")
