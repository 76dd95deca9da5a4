"""The lines of a batch: objects of JSON one a line, or the rows of a CSV file. Read one by one, never all at once."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apps.shared.input_json import NUL
from cli.runs.run_input import Input, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes: a call carries 10 MiB."""
MESSAGE = "message"
KINDS = (".jsonl", ".csv")


class BadLine(Exception):
    """A line that no run can be started with. `number` counts from 1, as editors do."""

    def __init__(self, number: int, why: str) -> None:
        self.number = number
        super().__init__(why)


@dataclass(frozen=True)
class Line:
    """What one run is given. `number` counts from 1: in a CSV file, with rows over several lines, the last of these."""

    number: int
    inputs: dict[str, Input] = field(default_factory=dict)


def check_file(written: str) -> Path:
    """The file. Raises a usage error for one that is of no kind that is known, or not there."""
    path = Path(written).expanduser()
    if path.suffix.lower() not in KINDS:
        raise click.UsageError(f"--batch: {written!r} must end with .jsonl or .csv")
    if not path.is_file():
        raise click.UsageError(f"--batch: there is no file {written}")
    return path


def read_lines(path: Path) -> Iterator[Line | BadLine]:
    """Every line that says something, and each that is broken; after one, those of a CSV file may be no more."""
    with path.open("rb") as file:
        yield from (csv_lines(file) if path.suffix.lower() == ".csv" else json_lines(file))


def json_lines(file: BinaryIO) -> Iterator[Line | BadLine]:
    """Empty lines are left out."""
    number = 0
    while content := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(content) > LONGEST_LINE:
            yield BadLine(number, "is longer than 8 MiB")
            return
        if content.strip():
            try:
                yield Line(number, values_of(content))
            except click.UsageError as error:
                yield BadLine(number, error.message.removeprefix("it").lstrip(": "))


def values_of(content: bytes) -> dict[str, Input]:
    """The entries of an object. Raises a usage error."""
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise click.UsageError("is not UTF-8 text") from None
    value = read_json(text, "it", hint="")
    if not isinstance(value, dict):
        raise click.UsageError("must be an object: names and their values")
    return {name: Input(inner) for name, inner in value.items()}


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
        elif len(row) != len(names):
            yield BadLine(reader.line_num, f"has {len(row)} cells, and the first row names {len(names)}")
        else:
            cells = zip(names, row, strict=True)
            if "\0" in "".join(row):
                yield BadLine(reader.line_num, f"has {NUL} in it")
                continue
            yield Line(reader.line_num, {name: Input(cell, is_text=True) for name, cell in cells if cell})


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


def split(line: Line, common: dict[str, Input]) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, texts) by name: those of the line before those that all lines have."""
    inputs = common | line.inputs
    return (
        {name: each.value for name, each in inputs.items() if not each.is_text},
        {name: each.value for name, each in inputs.items() if each.is_text},
    )
