"""The lines of a batch: objects of JSON one a line, the rows of a CSV file, or what a program has in hand.

Those of a file are read one by one, never all at once.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.shared.counts import counted
from apps.shared.input_json import NUL, Unsendable, check_sendable, read_input_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from apps.backends.runs import Json, StartRun

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes: a call carries 10 MiB."""
MESSAGE = "message"
KINDS = (".jsonl", ".csv")
NO_OBJECT = "must be an object: names and their values"


class BadLine(Exception):
    """A line that no run can be started with. `number` counts from 1, as editors do."""

    def __init__(self, number: int, why: str) -> None:
        self.number = number
        super().__init__(why)


@dataclass(frozen=True)
class Line:
    """What one run is given: `values` are JSON, and of `texts` a schema says what they stand for.

    `number` counts from 1: in a CSV file, with rows over several lines, the last of these.
    """

    number: int
    values: dict[str, Json] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def after(self, common: StartRun) -> tuple[dict[str, Json], dict[str, str]]:
        """(values, texts) by name: those of the line before those that all lines have."""
        values = {name: value for name, value in common.input.items() if name not in self.texts}
        texts = {name: text for name, text in common.input_texts.items() if name not in self.values}
        return values | self.values, texts | self.texts


def read_lines(path: Path) -> Iterator[Line | BadLine]:
    """Every line that says something, and each that is broken; after one, those of a CSV file may be no more."""
    with path.open("rb") as file:
        yield from (csv_lines(file) if path.suffix.lower() == ".csv" else json_lines(file))


def given_lines(given: Iterable[Any]) -> Iterator[Line | BadLine]:  # Any: programs may have anything
    """What a program has: a text is the message of a run, a mapping its input. Counted from 1."""
    for number, each in enumerate(given, 1):
        values = {MESSAGE: each} if isinstance(each, str) else each
        if not isinstance(values, Mapping):
            yield BadLine(number, NO_OBJECT)
            continue
        try:
            check_sendable(dict(values))
        except Unsendable as error:
            yield BadLine(number, str(error))
        else:
            yield Line(number, dict(values))


def json_lines(file: BinaryIO) -> Iterator[Line | BadLine]:
    """Empty lines are left out."""
    number = 0
    while content := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(content) > LONGEST_LINE:
            yield BadLine(number, "is longer than 8 MiB")
            return
        if content.strip():
            yield json_line(number, content)


def json_line(number: int, content: bytes) -> Line | BadLine:
    """The entries of an object."""
    try:
        value = read_input_json(content.decode("utf-8-sig").strip())
    except UnicodeDecodeError:
        return BadLine(number, "is not UTF-8 text")
    except Unsendable as error:
        return BadLine(number, str(error))
    except ValueError as error:
        return BadLine(number, f"is not JSON: {error}")
    return Line(number, value) if isinstance(value, dict) else BadLine(number, NO_OBJECT)


def csv_lines(file: BinaryIO) -> Iterator[Line | BadLine]:
    """The first row has the names. A cell is text, of which a schema says what it stands for; an empty one is none."""
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(decoded(file), strict=True)
    names: list[str] = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            why = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"is no row of CSV: {error}"
            yield BadLine(reader.line_num + isinstance(error, UnicodeDecodeError), why)
            return  # where the next row begins is anybody's guess
        if not any(row):
            continue
        if not names:
            names = row
            if complaint := complaint_of_names(names):
                yield BadLine(reader.line_num, complaint)
                return
        else:
            yield csv_line(reader.line_num, names, row)


def csv_line(number: int, names: list[str], row: list[str]) -> Line | BadLine:
    """The cells of a row that are not empty."""
    if len(row) != len(names):
        return BadLine(number, f"has {counted(len(row), 'cell')}, and the first row names {len(names)}")
    if "\0" in "".join(row):
        return BadLine(number, f"has {NUL} in it")
    return Line(number, texts={name: cell for name, cell in zip(names, row, strict=True) if cell})


def decoded(file: BinaryIO) -> Iterator[str]:
    """Line by line, so that a row that is no text is known by its number."""
    encoding = "utf-8-sig"
    while content := file.readline(LONGEST_LINE + 1):
        yield content.decode(encoding)
        encoding = "utf-8"


def complaint_of_names(names: list[str]) -> str:
    """What is wrong with the names of columns."""
    if not all(name.strip() and name.isprintable() for name in names):
        return "names columns, and one of them has no name"
    twice = next((name for name in names if names.count(name) > 1), "")
    return f"names the column {twice!r} twice" if twice else ""


def message_of(line: Line) -> Any:  # Any: what JSON can say
    """What a line says to an agent; None for nothing."""
    return line.values.get(MESSAGE, line.texts.get(MESSAGE))
