"""Backslashes in a row, read as one.

JSON in JSON in JSON, the `repr` of that, a log of it: each doubles the backslashes of what it quotes. Read as one they
are the same, however often a text was quoted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

_ROW: Final = re.compile(r"\\{2,}")


class Folded:
    """A text with every row of backslashes as one. `text` is what it reads."""

    def __init__(self, text: str) -> None:
        self._places: list[int] = []
        """Of the backslashes that stand for a row, in `text`."""
        self._left_out = [0]
        """How many were left out before each of them, and before the end."""
        if "\\\\" in text:
            for row in _ROW.finditer(text):
                self._places.append(row.start() - self._left_out[-1])
                self._left_out.append(self._left_out[-1] + len(row[0]) - 1)
            text = fold(text)
        self.text = text

    def unfolded(self, at: int) -> int:
        """Where in the text as it was the character stands that is at `at` in `text`."""
        return at + self._left_out[bisect_left(self._places, at)]


def fold(text: str) -> str:
    return _ROW.sub(r"\\", text)
