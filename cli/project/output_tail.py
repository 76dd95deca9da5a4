"""Splits a program's output into lines, hands each on, and remembers the last ones."""

from __future__ import annotations

import codecs
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT_LINES = 20
# A line without an end is handed on in pieces of this many characters.
LONGEST_LINE = 8192


class OutputTail:
    """Bytes in, lines out. Bytes that are not UTF-8 become U+FFFD."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._last: deque[str] = deque(maxlen=KEPT_LINES)

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        for line in lines:
            self._emit(line)
        while len(self._rest) > LONGEST_LINE:
            self._emit(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]

    def end(self) -> None:
        """Hands on what came after the last line break. More may be fed later."""
        rest, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        if rest:
            self._emit(rest)

    def lines(self) -> list[str]:
        """The last lines, oldest first."""
        return list(self._last)

    def _emit(self, line: str) -> None:
        # A bare carriage return redraws the line on a terminal: what it ends up showing is the last part.
        line = line.rstrip("\r").rpartition("\r")[2]
        self._last.append(line)
        self._on_line(line)
