"""What is wrong with an archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from apps.yaml_text.hidden import escaped

LONGEST_SHOWN = 120


class Problem(NamedTuple):
    """One complaint. `entry` is the name of the file in the archive that it is about, empty for the whole."""

    entry: str
    text: str

    def __str__(self) -> str:
        return f"{shown(self.entry)} {self.text}" if self.entry else self.text


class BadArchive(ValueError):
    """The archive is refused; `problems` holds everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(map(str, problems[:3])))

    @classmethod
    def because(cls, text: str) -> BadArchive:
        """Of the archive as a whole."""
        return cls([Problem("", text)])


def shown(name: str) -> str:
    """A name as people read it: quoted, shortened, with nothing in it that controls a terminal."""
    short = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}..."
    return '"' + escaped(short).replace("\n", "\\n").replace("\t", "\\t") + '"'
