"""The tokens of a jq program.

Only what the safety check, the Python evaluator and the search for the closing brace of `${ }` need: where strings
begin and end, what is a field, a function, a variable. jq itself remains the judge of what is well formed.

Two things existing programs write and jq does not know are translated here: single quotes become double quotes, and
`&&` and `||` become `and` and `or`. Neither is valid jq otherwise, so no valid program changes its meaning. Further
ones are in spellings.py.
"""

import json
import re
from collections.abc import Iterator

from apps.shared.characters import whole_characters
from apps.workflows.expressions.errors import ExpressionError
from apps.workflows.expressions.spellings import as_meant
from apps.workflows.expressions.tokens import Kind, Token

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_TOKEN = re.compile(
    r"""
    (?P<number>   (?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)? )
  | (?P<field>    \.[A-Za-z_][A-Za-z0-9_]* )
  | (?P<variable> \$(?:[A-Za-z_][A-Za-z0-9_]*::)*[A-Za-z_][A-Za-z0-9_]* )
  | (?P<format>   @[A-Za-z0-9_]+ )
  | (?P<name>     (?:[A-Za-z_][A-Za-z0-9_]*::)*[A-Za-z_][A-Za-z0-9_]* )
  | (?P<operator> \?//=|\?//|//=|\|=|\+=|-=|\*=|/=|%=|==|!=|<=|>=|//|&&|\|\||\.\.|[-.\[\]{}()|,:;=<>+*/%?] )
    """,
    re.VERBOSE,
)
_TRANSLATED = {"&&": "and", "||": "or"}
_MAX_DEPTH = 32


def tokenize(source: str) -> tuple[Token, ...]:
    """The tokens of a whole program. Raises ExpressionError where it cannot be read."""
    return as_meant(tuple(_tokens(source, 0, stop=None, depth=0)))


def closing_brace(source: str, start: int) -> int:
    """Offset of the `}` that closes the `${` whose content begins at `start`. Raises ExpressionError without one."""
    end = start
    for token in _tokens(source, start, stop="}", depth=0):
        end = token.end
    space = _SPACE.match(source, end)
    end = space.end() if space else end
    if source[end : end + 1] != "}":
        raise ExpressionError(source[start - 2 :], "the closing `}` is missing")
    return end


def program_text(source: str, tokens: tuple[Token, ...]) -> str:
    """The program as jq reads it: the tokens, with a space wherever there was any space or comment."""
    out: list[str] = []
    at = tokens[0].start if tokens else 0
    for token in tokens:
        if token.start > at:
            out.append(" ")
        out.append(f" {token.text} " if source[token.start : token.end] in _TRANSLATED else token.text)
        at = token.end
    return "".join(out)


def _tokens(source: str, at: int, stop: str | None, depth: int) -> Iterator[Token]:
    """Tokens from `at` up to, not including, the `stop` bracket that nothing inside opened."""
    open_brackets: list[str] = []
    pairs = {"(": ")", "[": "]", "{": "}"}
    while True:
        space = _SPACE.match(source, at)
        at = space.end() if space else at
        if at >= len(source):
            if open_brackets:
                raise ExpressionError(source, f"a closing `{open_brackets[-1]}` is missing")
            return
        char = source[at]
        if char == stop and not open_brackets:
            return
        if char in pairs:
            open_brackets.append(pairs[char])
        elif char in ")]}" and (not open_brackets or open_brackets.pop() != char):
            raise ExpressionError(source, f"`{char}` at column {at + 1} closes nothing")
        token = _string(source, at, depth) if char in "\"'" else _plain(source, at)
        yield token
        at = token.end


def _plain(source: str, at: int) -> Token:
    match = _TOKEN.match(source, at)
    if match is None:
        raise ExpressionError(source, f"unexpected character `{source[at]}` at column {at + 1}")
    text = match.group()
    if text in _TRANSLATED:
        return Token("name", _TRANSLATED[text], at, match.end())
    kind: Kind = match.lastgroup  # type: ignore[assignment]  # the pattern's group names are the kinds
    return Token(kind, text, at, match.end())


def _string(source: str, at: int, depth: int) -> Token:
    """The string that opens at `at`, with the programs interpolated in it."""
    if depth > _MAX_DEPTH:
        raise ExpressionError(source, "strings are nested too deeply")
    quote, start = source[at], at
    at += 1
    parts: list[str | tuple[Token, ...]] = []
    raw: list[str] = []
    text: list[str] = ['"']

    def close_literal() -> None:
        literal = "".join(raw)
        parts.append(_decode(source, literal))
        text.append(literal)
        raw.clear()

    while True:
        char = source[at : at + 1]
        if not char:
            raise ExpressionError(source, f"the closing {quote} of a string is missing")
        if char == quote:
            close_literal()
            return Token("string", "".join(text) + '"', start, at + 1, tuple(parts))
        if char == "\\" and source[at + 1 : at + 2] == "(":
            close_literal()
            inner = tuple(_tokens(source, at + 2, stop=")", depth=depth + 1))
            at = _after(source, inner[-1].end if inner else at + 2)
            inner = as_meant(inner)
            parts.append(inner)
            text.append(f"\\({program_text(source, inner)})")
        elif char == "\\" and source[at + 1 : at + 2] == "'":
            raw.append("'")
            at += 2
        elif char == "\\":
            raw.append(source[at : at + 2])
            at += 2
        else:
            raw.append('\\"' if char == '"' else char)
            at += 1


def _after(source: str, at: int) -> int:
    """Offset behind the `)` that ends an interpolation."""
    space = _SPACE.match(source, at)
    at = space.end() if space else at
    if source[at : at + 1] != ")":
        raise ExpressionError(source, "a closing `)` is missing in a string")
    return at + 1


def _decode(source: str, literal: str) -> str:
    try:
        decoded: str = json.loads(f'"{literal}"', strict=False)
    except ValueError:
        raise ExpressionError(source, f'"{literal}" is not a valid string') from None
    return whole_characters(decoded)
