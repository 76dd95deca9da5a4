"""Strings of a definition: plain text, one expression, or text with expressions in it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from apps.workflows.expressions.errors import ExpressionError
from apps.workflows.expressions.evaluator import Evaluator
from apps.workflows.expressions.lexer import closing_brace, tokenize
from apps.workflows.expressions.program import Program, compile_program
from apps.workflows.expressions.scope import Scope
from apps.workflows.values import Json, to_text, type_name

LONGEST_TEXT = 8 * 2**20
_COMPARED = re.compile(r"\s*(?:==|!=|<=|>=|<|>)\s*(?P<operand>.*?)\s*", re.DOTALL)
_BARE = re.compile(r"\s*\.\s*(?P<operator>==|!=|<=|>=|<|>)\s*(?P<operand>[\w@:/-][\w@:/.-]*(?: [\w@:/.-]+)*)\s*")
_OVER_VALUE = re.compile(r"[(\s]*\.\s*(?:==|!=|<=|>=|<|>)")
_WORDS = frozenset({"and", "or", "not"})

Part: TypeAlias = "str | Program"


@dataclass(frozen=True, slots=True)
class Template:
    """A string of a definition, compiled. `parts` alternate between text and programs."""

    text: str
    parts: tuple[Part, ...]

    @property
    def is_literal(self) -> bool:
        return all(isinstance(part, str) for part in self.parts)

    def evaluate(self, scope: Scope, evaluator: Evaluator) -> Json:
        """The value: that of the expression, with its type, when it is the whole string; otherwise text."""
        if len(self.parts) == 1:
            part = self.parts[0]
            return part if isinstance(part, str) else part.evaluate(scope, evaluator)
        values = [part if isinstance(part, str) else part.evaluate(scope, evaluator) for part in self.parts]
        return self._join([to_text(value) for value in values])

    def evaluate_text(self, scope: Scope, evaluator: Evaluator) -> str:
        """The value as text that leaves the run (an address, a header). Raises ExpressionError where a part is null.

        `https://host/items/null` would be a valid request for the wrong thing.
        """
        out = []
        for part in self.parts:
            if scope.is_input_strict and not isinstance(part, str):
                part.require_input(scope)
            value = part if isinstance(part, str) else part.evaluate(scope, evaluator)
            if value is None and not isinstance(part, str):
                raise ExpressionError(part.text, "it is null, and text is needed here")
            out.append(to_text(value))
        return self._join(out)

    def _join(self, pieces: list[str]) -> str:
        if sum(map(len, pieces)) > LONGEST_TEXT:
            raise ExpressionError(self.text, f"the text has more than {LONGEST_TEXT:,} characters")
        return "".join(pieces)

    def programs(self) -> Iterator[Program]:
        return (part for part in self.parts if isinstance(part, Program))


@dataclass(frozen=True, slots=True)
class Condition:
    """The `when` of a switch case."""

    text: str
    program: Program
    over_value: bool = False
    """Whether `.` is what the task before the switch produced, as in `. == v`, instead of the data bag."""
    bare: str | None = None
    """The `v` of `. == v` without quotes: it is a number for a number and a text for a text."""

    def holds(self, scope: Scope, evaluator: Evaluator) -> bool:
        """Raises ExpressionError for anything that is not true, false or null."""
        if self.bare is not None and isinstance(scope.dot, str):
            return (scope.dot == self.bare) is ("==" in self.text)
        value = self.program.evaluate(scope, evaluator)
        if value is None or isinstance(value, bool):
            return bool(value)
        # SET holds text: `${ .done }` after `done: "true"` means what it says.
        if value in ("true", "false"):
            return bool(value == "true")
        raise ExpressionError(self.text, f"a condition must be true or false, this is of type {type_name(value)}")


@lru_cache(maxsize=4096)
def compile_template(text: str) -> Template:
    """Compile a string. `${ a } == "x"`, the comparison outside the braces, is read as the comparison it means.

    Raises ExpressionError for a malformed expression in it.
    """
    pieces = list(_pieces(text))
    compared = _comparison(pieces)
    if compared is not None:
        return Template(text, (compile_program(compared, text),))
    parts = tuple(piece if is_text else compile_program(piece) for is_text, piece in pieces)
    return Template(text, parts or ("",))


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Program:
    """Compile a string that must be an expression: in braces, without them, or with operators outside them.

    Raises ExpressionError.
    """
    pieces = list(_pieces(text))
    if any(not is_text for is_text, _ in pieces):
        only = [piece for is_text, piece in pieces if not is_text or piece.strip()]
        if len(only) == 1:
            return compile_program(only[0])
        return compile_program("".join(piece if is_text else f"({piece}\n)" for is_text, piece in pieces), text)
    return compile_program(text)


@lru_cache(maxsize=4096)
def compile_condition(text: str) -> Condition:
    """Compile a `when`. In `${. == v}` the word `v` may stand without quotes, as the SDKs write it.

    Raises ExpressionError.
    """
    match = _BARE.fullmatch(_only_piece(text))
    if match is not None and not _WORDS & set(match["operand"].split()):
        bare, operator = match["operand"], match["operator"]
        value = bare if _is_literal(bare) else json.dumps(bare)
        return Condition(
            text, compile_program(f". {operator} {value}", text), True, bare if operator in ("==", "!=") else None
        )
    program = compile_expression(text)
    return Condition(text, program, bool(_OVER_VALUE.match(_only_piece(text))))


def map_strings(value: Json, change: Callable[[str], Json]) -> Json:
    """`value` with every string in it, object keys excepted, replaced by what `change` says."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_strings(item, change) for item in value]
    if isinstance(value, dict):
        return {key: map_strings(item, change) for key, item in value.items()}
    return value


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """(is text, piece) in order: what stands between and inside the `${ }` of a string."""
    at = 0
    while (start := text.find("${", at)) >= 0:
        if start > at:
            yield True, text[at:start]
        end = closing_brace(text, start + 2)
        yield False, text[start + 2 : end]
        at = end + 1
    if at < len(text):
        yield True, text[at:]


def _only_piece(text: str) -> str:
    """What stands inside the braces of a string that is one expression; `text` itself when there are no braces."""
    pieces = [piece for is_text, piece in _pieces(text) if not is_text or piece.strip()]
    return pieces[0] if len(pieces) == 1 else ""


def _comparison(pieces: list[tuple[bool, str]]) -> str | None:
    """The program of `${ a } == "x"` or `${ a } == ${ b }`; None when the string is anything else."""
    match = _COMPARED.fullmatch(pieces[1][1]) if len(pieces) > 1 and not pieces[0][0] else None
    if match is None:
        return None
    left, rest = f"({pieces[0][1]}\n)", pieces[1:]
    if len(rest) == 1 and _is_literal(match["operand"]):
        return left + rest[0][1]
    if len(rest) == 2 and not match["operand"]:  # noqa: PLR2004 - operator, operand
        return f"{left}{rest[0][1]}({rest[1][1]}\n)"
    return None


def _is_literal(text: str) -> bool:
    """Whether `text` is one string, number, boolean or null."""
    try:
        tokens = tokenize(text.removeprefix("-"))
    except ExpressionError:
        return False
    return len(tokens) == 1 and (tokens[0].kind in ("string", "number") or tokens[0].text in ("true", "false", "null"))
