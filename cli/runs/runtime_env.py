"""What a run is given on the command line or on standard input: message, values, secret or not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.output import Console

SECRET = "secret:"  # noqa: S105 - a prefix


class Value(NamedTuple):
    """One value of a run's environment. Its text is never shown."""

    text: str
    is_secret: bool

    def __repr__(self) -> str:
        return "Value(********)" if self.is_secret else f"Value({self.text!r})"


def read_values(console: Console, written: Sequence[str]) -> dict[str, Value]:
    """The values of `K=V`, `secret:K=V` and `secret:K`; the last form is asked for, or a line of standard input.

    Raises a usage error that never repeats a value.
    """
    found: dict[str, Value] = {}
    for each in written:
        is_secret = each.startswith(SECRET)
        name, equals, text = each.removeprefix(SECRET).partition("=")
        check_name(name, is_secret=is_secret, has_value=bool(equals))
        if name in found:
            raise click.UsageError(f"--runtime-env: {name} is given twice")
        if not equals:
            text = ask(console, name)
        if not text:
            raise click.UsageError(f"--runtime-env: the value of {name} is empty")
        check_text(text, f"--runtime-env: the value of {name}")
        found[name] = Value(text, is_secret)
    return found


def read_message(written: str) -> str:
    """The message; `-` stands for what is left of standard input."""
    text = sys.stdin.read().rstrip("\r\n") if written == "-" else written
    check_text(text, "--message: it")
    return text


def check_text(text: str, what: str) -> None:
    """Refuse bytes that are no text: Python hands them on as characters that nothing else takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"{what} is not UTF-8 text") from None


def check_name(name: str, *, is_secret: bool, has_value: bool) -> None:
    """Refuse what is no name, and a plain one without a value."""
    if not name or not name.isprintable() or name != name.strip():
        raise click.UsageError("--runtime-env: write NAME=VALUE, or secret:NAME to be asked")
    if not has_value and not is_secret:
        raise click.UsageError(f"--runtime-env: {name} has no value: write {name}=VALUE, or secret:{name} to be asked")


def ask(console: Console, name: str, option: str = "--runtime-env") -> str:
    """A secret, typed unseen at a terminal or the next line of standard input."""
    if console.may_ask:
        value: str = click.prompt(f"Value of {name}", hide_input=True, err=True)
        return value
    if sys.stdin.isatty():
        raise click.UsageError(f"{option}: the value of {name} is missing, and nothing may be asked")
    return sys.stdin.readline().rstrip("\r\n")
