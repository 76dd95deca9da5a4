"""Writing a component's log: each line stamped when it arrives, files turned over by size.

A line in a file is `2026-01-31T12:00:00.123Z text`, whatever the component printed, so that the logs of
all components can be merged by time. A line that comes with such a stamp of its own keeps that one.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from contextlib import suppress
from typing import Final

MAX_BYTES: Final = 5 * 1024 * 1024
KEPT_FILES: Final = 3
TAIL_LINES: Final = 20
_STAMPED: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")
_LONGEST_LINE: Final = 64 * 1024


class RotatingLog:
    """`path`, then `path.1` (the former one) up to `path.<keep>`. One writer only.

    Never raises for a file that cannot be written (the disk is full): a log must not take down what it
    reports on. It says how many lines were lost as soon as it can write again.
    """

    def __init__(self, path: str, *, max_bytes: int = MAX_BYTES, keep: int = KEPT_FILES) -> None:
        self.path = path
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._max_bytes = max_bytes
        self._keep = keep
        self._rest = b""
        self._lost = 0
        self._file = -1
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """Take output as it comes; a line is written once it is complete (or absurdly long)."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        if lines:
            self._write(lines)

    def line(self, text: str) -> None:
        self._write([text.encode(errors="backslashreplace")])

    def flush(self) -> None:
        """Write what was printed without an end of line."""
        rest, self._rest = self._rest, b""
        if rest:
            self._write([rest])

    def close(self) -> None:
        self.flush()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, lines: list[bytes]) -> None:
        self.tail.extend(line.rstrip(b"\r").decode(errors="replace") for line in lines[-TAIL_LINES:])
        stamp = timestamp().encode() + b" "
        try:
            self._append(b"".join(_stamped(line.rstrip(b"\r"), stamp) + b"\n" for line in lines))
        except OSError:
            self._lost += len(lines)

    def _append(self, text: bytes) -> None:
        if self._file < 0:
            self._open()
        elif self._size + len(text) > self._max_bytes:
            os.close(self._file)
            self._file = -1
            self._turn_over()
            self._open()
        if self._lost:
            text = (
                b"%b (%d lines were lost: the log could not be written)\n" % (timestamp().encode(), self._lost) + text
            )
        os.write(self._file, text)
        self._lost = 0
        self._size += len(text)

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size

    def _turn_over(self) -> None:
        for number in range(self._keep, 0, -1):
            older = f"{self.path}.{number - 1}" if number > 1 else self.path
            with suppress(FileNotFoundError):
                os.replace(older, f"{self.path}.{number}")


def _stamped(line: bytes, stamp: bytes) -> bytes:
    return line if _STAMPED.match(line) else stamp + line


def timestamp() -> str:
    """Now as ISO 8601 in UTC with milliseconds."""
    now = time.time()
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03d}Z"
