"""Reading the components' logs: the last lines, merged by time, and following what is added.

The format is log_rotation.py's. Lines of daemon.log that the daemon did not stamp (a traceback of its own)
take the time of the line before them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from apps.backends.local.log_rotation import KEPT_FILES
from apps.backends.local.paths import DataPaths

_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ?")
_BLOCK: Final = 64 * 1024
_POLL_SECONDS: Final = 0.1


class LogLine(NamedTuple):
    """One line. `time` is ISO 8601 in UTC with milliseconds, "" where none is known."""

    time: str
    component: str
    text: str


def components(paths: DataPaths) -> list[str]:
    """Those that have a log, in alphabetical order."""
    try:
        names = os.listdir(paths.logs)
    except FileNotFoundError:
        return []
    return sorted(name.removesuffix(".log") for name in names if name.endswith(".log"))


def read_last(paths: DataPaths, names: Sequence[str], count: int) -> list[LogLine]:
    """The last `count` lines of these components (all when none is named) together, oldest first."""
    merged: list[LogLine] = []
    for name in names or components(paths):
        merged += _parsed(name, _last_lines(paths.log(name), count))
    return _by_time(merged)[-count:] if count > 0 else []


def follow(
    paths: DataPaths,
    names: Sequence[str] = (),
    *,
    count: int = 10,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[LogLine]:
    """The last `count` lines, then each new one, until `should_stop()`. Components that appear later join in."""
    followers = {name: _Follower(name, paths.log(name)) for name in names or components(paths)}
    yield from read_last(paths, names, count)
    while not should_stop():
        for name in () if names else components(paths):
            if name not in followers:
                followers[name] = _Follower(name, paths.log(name), from_start=True)
        fresh = [line for follower in followers.values() for line in follower.read()]
        yield from _by_time(fresh)
        if not fresh:
            time.sleep(_POLL_SECONDS)


class _Follower:
    """One file, by name: when it is turned over, the old one is read to its end, then the new one."""

    def __init__(self, component: str, path: str, *, from_start: bool = False) -> None:
        self._component = component
        self._path = path
        self._rest = b""
        self._last_time = ""
        self._file = -1
        if self._open() and not from_start:
            os.lseek(self._file, 0, os.SEEK_END)

    def __del__(self) -> None:
        self._close()

    def read(self) -> list[LogLine]:
        if self._file < 0 and not self._open():
            return []
        text = self._read_on()
        if self._is_replaced():
            text += self._read_on()  # what came between the two looks
            self._close()
            if self._open():
                text += self._read_on()
        *lines, self._rest = (self._rest + text).split(b"\n")
        parsed = _parsed(self._component, lines, self._last_time)
        self._last_time = parsed[-1].time if parsed else self._last_time
        return parsed

    def _open(self) -> bool:
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        return True

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read_on(self) -> bytes:
        blocks = []
        while block := os.read(self._file, _BLOCK):
            blocks.append(block)
        return b"".join(blocks)

    def _is_replaced(self) -> bool:
        try:
            return not os.path.samestat(os.stat(self._path), os.fstat(self._file))
        except OSError:
            return False  # between two names: the next look will tell


def _by_time(lines: list[LogLine]) -> list[LogLine]:
    return sorted(lines, key=lambda line: line.time)  # stable: lines of one moment keep their order


def _parsed(component: str, lines: Sequence[bytes], before: str = "") -> list[LogLine]:
    parsed = []
    for raw in lines:
        text = raw.decode(errors="replace")
        if stamp := _STAMP.match(text):
            before = stamp[1]
            text = text[stamp.end() :]
        parsed.append(LogLine(before, component, text))
    return parsed


def _last_lines(path: str, count: int) -> list[bytes]:
    """The last complete lines, from older files too when this one has too few."""
    lines: list[bytes] = []
    for name in [path, *(f"{path}.{number}" for number in range(1, KEPT_FILES + 1))]:
        lines = _tail(name, count - len(lines)) + lines
        if len(lines) >= count:
            break
    return lines


def _tail(path: str, count: int) -> list[bytes]:
    """The last `count` lines of one file, read from its end."""
    try:
        with open(path, "rb") as file:
            position = file.seek(0, os.SEEK_END)
            text = b""
            while position > 0 and text.count(b"\n") <= count:
                step = min(_BLOCK, position)
                position = file.seek(position - step)
                text = file.read(step) + text
    except OSError:
        return []
    lines = text.removesuffix(b"\n").split(b"\n") if text else []
    return lines[-count:] if count > 0 else []
