"""What is wrong with a YAML text, and where."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A place in a text file; both count from 1."""

    line: int
    column: int


class BadYaml(ValueError):
    """The text is not YAML, or a kind of YAML that is refused."""

    def __init__(self, position: Position, why: str, *, hint: str = "") -> None:
        self.position = position
        self.why = why
        self.hint = hint
        super().__init__(f"line {position.line}, column {position.column}: {why}")
