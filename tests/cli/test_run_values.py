"""What a run is given: bytes that are no text are refused with their place, and never repeated."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import click
import pytest

from cli.output import Console
from cli.runs.run_input import read_inputs
from cli.runs.runtime_env import read_message, read_values

if TYPE_CHECKING:
    from collections.abc import Callable

NO_TEXT = b"caf\xe9".decode("utf-8", "surrogateescape")


@pytest.fixture(autouse=True)
def stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines, of which the second is no UTF-8."""
    content = io.BytesIO(b"first\ncaf\xe9\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content, encoding="utf-8", errors="surrogateescape"))


@pytest.mark.parametrize(
    ("read", "complaint"),
    [
        (lambda: read_message("-"), "--message: it is not UTF-8 text"),
        (lambda: read_message(NO_TEXT), "--message: it is not UTF-8 text"),
        (lambda: read_inputs([f"day={NO_TEXT}"]), "--input: the value of day is not UTF-8 text"),
        (lambda: read_inputs([f"{NO_TEXT}=1"]), "is not NAME=VALUE"),
        (lambda: read_inputs(["day:=monday"]), "--input: the value of day is not JSON: Expecting value"),
        (lambda: read_inputs(["n:=NaN"]), "--input: the value of n is not JSON: NaN is no value of it"),
        (lambda: read_inputs(["n:=[1E400]"]), "--input: the value of n is not JSON: 1E400 is too large"),
        (lambda: read_inputs(["n:=[9007199254740993]"]), "--input: the value of n: the number 9007199254740993 would"),
        (
            lambda: read_inputs(["n:=" + "9" * 5000]),
            "--input: the value of n is not JSON: a number of it has 5,000 digits",
        ),
        (
            lambda: read_inputs(['n:={"a": ["\\ud83d"]}']),
            '--input: the value of n: the text "\\ud83d" has half of a character',
        ),
        (
            lambda: read_inputs(['n:={"\\ude00": 1}']),
            '--input: the value of n: the text "\\ude00" has half of a character',
        ),
        (
            lambda: read_inputs(["n:=" + "[" * 300 + "]" * 300]),
            "the value of n: it is nested more than 32 levels",
        ),
        (lambda: read_inputs(["n:=" + "[" * 90000]), "--input: the value of n is not JSON: it is nested too deeply"),
        (lambda: read_inputs([":=1"]), "is not NAME=VALUE, or NAME:=JSON"),
        (lambda: read_inputs(["n=1", "n:=1"]), "--input: n is given twice"),
        (lambda: read_values(Console(), [f"DAY={NO_TEXT}"]), "--runtime-env: the value of DAY is not UTF-8 text"),
        (lambda: read_values(Console(), [f"{NO_TEXT}=1"]), "--runtime-env: write NAME=VALUE"),
        (lambda: read_values(Console(), ["secret:A", "secret:B"]), "--runtime-env: the value of B is not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_refused(read: Callable[[], object], complaint: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        read()
    assert complaint in str(caught.value)
    assert "first" not in str(caught.value)


def test_inputs_are_text_or_json() -> None:
    read = read_inputs(["day=7", "n:=7", 'who:={"a": [true]}', "sum=a:=b"])
    assert read == {"day": ("7", True), "n": (7, False), "who": ({"a": [True]}, False), "sum": ("a:=b", True)}


def test_secrets_are_lines_and_the_message_is_the_rest() -> None:
    assert read_values(Console(), ["secret:A"])["A"] == ("first", True)
    with pytest.raises(click.UsageError):
        read_message("-")
