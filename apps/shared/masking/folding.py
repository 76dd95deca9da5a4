"""Backslashes in a row, read as one.

JSON in JSON in JSON, the `repr` of that, a log of it: each doubles the backslashes of what it quotes. Read as one they
are the same, however often a text was quoted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from typing import Final

_ROW: Final = re.compile(r"\\{2,}")


class Folded:
    """A text with every row of backslashes as one. `text` is what it reads."""

    def __init__(self, text: str) -> None:
        self._whole, self.text = text, fold(text)

    @cached_property
    def _left_out(self) -> tuple[list[int], list[int]]:
        """Where backslashes that stand for a row are, in `text`; how many were left out before each, and in all."""
        places, sizes = [], [0]
        for row in _ROW.finditer(self._whole):
            places.append(row.start() - sizes[-1])
            sizes.append(sizes[-1] + len(row[0]) - 1)
        return places, sizes

    def unfolded(self, at: int) -> int:
        """Where in the text as it was the character stands that is at `at` in `text`."""
        places, sizes = self._left_out
        return at + sizes[bisect_left(places, at)]


def fold(text: str) -> str:
    while "\\\\" in text:
        text = text.replace("\\\\", "\\")
    return text


def lowered(text: str) -> str:
    """`text` with its letters of ASCII in lower case, each at its place."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
