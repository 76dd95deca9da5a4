"""Text with expressions in it, as f-strings make it, becomes a concatenation in jq."""

from collections.abc import Iterator
from typing import NamedTuple

from stigmer.jq import PIPE, SUM, TERM, end_of_expression, is_path, quoted, wrapped


class Part(NamedTuple):
    """A piece of a text: plain, or the jq inside `${ }`."""

    text: str
    is_program: bool


def template(text: str) -> str:
    """The text as a workflow holds it: unchanged when it has no expression or is one, else one expression."""
    pieces = list(parts(text))
    if len(pieces) > 1 and any(piece.is_program for piece in pieces):
        return wrapped(concatenation(text)[0])
    return text


def concatenation(text: str) -> tuple[str, int, bool]:
    """The text as one jq program, how tightly it binds and whether it is the same wherever it stands.

    A text that is one expression is that expression and keeps its type.
    """
    pieces = list(parts(text))
    if not any(piece.is_program for piece in pieces):
        return quoted(text), TERM, True
    if len(pieces) == 1:
        return pieces[0].text, PIPE, False
    return " + ".join(_spelled(piece) for piece in pieces), SUM, False


def _spelled(piece: Part) -> str:
    """A piece as a string of jq. What comes from the environment is one, and a secret must not be worked on."""
    if not piece.is_program:
        return quoted(piece.text)
    from_environment = is_path(piece.text) and piece.text.startswith((".secrets.", ".env_vars."))
    return piece.text if from_environment else f"({piece.text} | tostring)"


def parts(text: str) -> Iterator[Part]:
    """The pieces of the text in order. A `${` that never closes, or closes on nothing, is plain text."""
    plain_from = position = 0
    while (start := text.find("${", position)) >= 0:
        end = end_of_expression(text, start)
        inner = text[start + 2 : end - 1].strip() if end > 0 else ""
        position = end if inner else start + 2
        if inner:
            if start > plain_from:
                yield Part(text[plain_from:start], is_program=False)
            yield Part(inner, is_program=True)
            plain_from = end
    if plain_from < len(text):
        yield Part(text[plain_from:], is_program=False)
