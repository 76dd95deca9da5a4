"""Where words go: data on stdout, people's text on stderr.

Colour and moving text only where a person looks at a terminal; never the only signal.
"""

from __future__ import annotations

import contextlib
import enum
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, cast

from apps.yaml_text.hidden import escaped, visible
from cli.outlet import Outlet, control

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GREEN, YELLOW, RED, CYAN, DIM, BOLD = "32", "33", "31", "36", "2", "1"
RESET = control("\x1b[0m")
CLEAR_LINE = control("\r\x1b[2K")

# Columns that may be cut, in this order, down to a width that still says something. Never an id.
CUT = ("DESCRIPTION", "WITH IT", "CHANGED", "MESSAGE", "REASON", "VALUE", "FROM", "NAME")
SHORTEST_CELL = 12


class Format(enum.Enum):
    """Values of `--output`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"
    WIDE = "wide"
    """A table with more columns; of few commands."""
    JSONL = "jsonl"
    """A line of JSON for each result as it comes; of batches."""


@dataclass
class Console:
    """How this run of the program talks, from its global options and its streams."""

    quiet: bool = False
    no_input: bool = False
    debug: bool = False

    def print(self, text: str = "") -> None:
        """A line for people, on stderr; silent with --quiet."""
        if not self.quiet:
            print_line(text)

    def done(self, text: str) -> None:
        """A line that tells of a finished step, with a tick on a terminal."""
        self.print(f"{paint('✓', GREEN, sys.stderr)} {text}" if is_terminal(sys.stderr) else text)

    def warn(self, text: str) -> None:
        """Something a person should know though the command goes on. Shown with --quiet too."""
        print_line(f"{paint('warning:', YELLOW, sys.stderr)} {text}")

    def data(self, text: str) -> None:
        """A line or a block of data, on stdout."""
        sys.stdout.write(f"{text}\n")

    def more(self, plural: str, output: Format) -> None:
        """That a list is cut, for people: what a program asked for is the list alone."""
        if output in (Format.TABLE, Format.WIDE):
            self.print(f"There are more {plural}; see them with --limit.")

    def ask(self, question: str) -> str:
        """The answer to a question at a terminal, on one line; "" for Ctrl-D."""
        sys.stderr.write(f"{question} ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            print_line("")
        return answer.strip()

    @property
    def may_ask(self) -> bool:
        """Whether a question can be asked and answered."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


def print_line(text: str) -> None:
    """A line on stderr. Words that nobody can hear stop nothing: a deployment goes on without them."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")


def prepare_streams() -> None:
    """Lines appear at once; no character of a name can control a terminal, and none, nor a closed stream, stop us."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the process
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace", line_buffering=True)
    sys.stdout, sys.stderr = cast("TextIO", Outlet(sys.stdout)), cast("TextIO", Outlet(sys.stderr))


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at `stream`, so that it may be redrawn."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def columns() -> int:
    """Characters in a line of the terminal, 80 where there is none. As shutil's, which loads what packs files: 2 ms."""
    with contextlib.suppress(KeyError, ValueError):
        if (told := int(os.environ["COLUMNS"])) > 0:
            return told
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]  # suppressed
    return 80


def paint(text: str, colour: str, stream: TextIO) -> str:
    """`text` in a colour where `stream` shows colours and NO_COLOR is not set."""
    if os.environ.get("NO_COLOR") or not is_terminal(stream):
        return text
    return control(f"\x1b[{colour}m") + text + RESET


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    colours: Mapping[str, str] | None = None,
    stream: TextIO | None = None,
) -> str:
    """Left-aligned columns, two spaces apart, headers first, for `stream` (stdout).

    On a terminal the columns of CUT give way so that lines fit (`width` columns, the terminal's by
    default); in a pipe nothing is ever cut. `colours` is by the text of a cell.
    """
    cells = [list(headers), *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(cell_width(row[column]) for row in cells) for column in range(len(headers))]
    stream = stream or sys.stdout
    if width is None and is_terminal(stream):
        width = columns()
    if width is not None:
        widths = shrink(headers, widths, width)
    known = colours or {}
    lines = [
        "  ".join(painted_cell(*cell, known, stream) for cell in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([paint(lines[0], BOLD, stream), *lines[1:]])


def painted_cell(cell: str, room: int, colours: Mapping[str, str], stream: TextIO) -> str:
    """`cell` in `room` columns, in its colour if `colours` knows it: last, for colours take no room."""
    fitted = fit(cell, room)
    return fitted.replace(cell, paint(cell, colours[cell], stream)) if cell in colours else fitted


def shrink(headers: Sequence[str], widths: Sequence[int], width: int) -> list[int]:
    """Column widths that fit into `width` with their gaps, as far as the columns of CUT can give it."""
    result = list(widths)
    excess = sum(result) + 2 * (len(result) - 1) - width
    for column in (headers.index(header) for header in CUT if header in headers):
        taken = min(excess, result[column] - SHORTEST_CELL)
        if taken > 0:
            result[column] -= taken
            excess -= taken
    return result


def fit(cell: str, room: int) -> str:
    """`cell` padded or cut to `room` columns of a terminal."""
    if cell_width(cell) > room:
        while cell and cell_width(cell) > room - 1:
            cell = cell[:-1]
        cell += "…"
    return cell + " " * (room - cell_width(cell))


def cell_width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def one_line(text: str) -> str:
    """`text` without line breaks, and with characters visible that would move the cursor."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in visible(text))


def as_json(value: Any) -> str:  # what json.dumps takes
    """Indented JSON, keys in the order given. What controls a terminal is escaped, so it reads back as it was."""
    return _json(value, indent=2)


def as_one_line_json(value: Any) -> str:  # what json.dumps takes
    """As `as_json`, on one line."""
    return _json(value, indent=None)


def _json(value: Any, indent: int | None) -> str:  # what json.dumps takes
    import json

    from apps.shared.numbers import whole_numbers

    return escaped(json.dumps(whole_numbers(value), indent=indent, ensure_ascii=False))


def as_yaml(value: Any) -> str:  # what a YAML emitter takes
    """Block style YAML, keys in the order given, long texts as literal blocks."""
    from apps.shared.numbers import whole_numbers
    from apps.yaml_text.dump import dump

    return dump(whole_numbers(value), indent_lists=True)


def structured(value: Any, output: Format) -> str:  # what json.dumps takes
    """`value` as JSON or YAML."""
    return as_yaml(value).rstrip("\n") if output is Format.YAML else as_json(value)


def pairs(values: Mapping[str, str]) -> Iterator[str]:
    """Lines `Key:  value` with the values below each other."""
    room = max(map(len, values)) + 1
    for key, value in values.items():
        yield f"{key + ':':<{room}}  {value}".rstrip()


def ago(seconds: float) -> str:
    """A duration as people say it: `45s`, `12m`, `3h 20m`, `5d 2h`."""
    total = max(0, int(seconds))
    days, hours, minutes = total // 86400, total // 3600 % 24, total // 60 % 60
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m" if minutes else f"{total}s"
