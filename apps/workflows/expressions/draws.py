"""`uuid` and `random`: values that nobody can guess, and the same whenever a run is repeated.

Each is drawn from the run's own seed by where it is used (`Scope.draw`), never from the machine.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from apps.workflows.expressions.errors import ExpressionError
from apps.workflows.expressions.safety import every_token
from apps.workflows.expressions.tokens import BEFORE_PARENTHESES, OURS, Token
from apps.workflows.values import Json

_REPEATING: Final = frozenset({"reduce", "foreach", "recurse", "label", ".."})


def _uuid(drawn: bytes) -> str:
    return str(uuid.UUID(bytes=drawn, version=4))


def _random(drawn: bytes) -> float:
    """At least 0 and less than 1, as many different ones as doubles tell apart."""
    return (int.from_bytes(drawn[:8]) >> 11) / 2**53


DRAWS: Final[dict[str, Callable[[bytes], Json]]] = {"uuid": _uuid, "random": _random}


def drawn_in(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    """The names of what a program draws, one for each place where it does. One that defines functions draws nothing."""
    return () if any(token.text == "def" for token in tokens) else tuple(_drawn(tokens))


def check_drawn_once(source: str, tokens: tuple[Token, ...], names: tuple[str, ...]) -> None:
    """Raise ExpressionError where jq, which is given one value of each, would use it several times."""
    for name in names:
        if names.count(name) > 1 or _repeats(tokens):
            raise ExpressionError(source, f"`{name}` would be the same in several places; set a variable to each first")


def _drawn(tokens: tuple[Token, ...]) -> Iterator[str]:
    for token, is_data in every_token(tokens):
        if token.kind == "name" and token.text in OURS and not is_data:
            yield token.text


def _repeats(tokens: tuple[Token, ...]) -> bool:
    """Whether parts of the program may be evaluated more than once."""
    for token, behind in pairwise(tokens):
        is_call = token.kind == "name" and token.text not in BEFORE_PARENTHESES and behind.is_operator("(")
        if is_call or token.text in _REPEATING or (token.is_operator("[") and behind.is_operator("]")):
            return True
    return any(_repeats(part) for token in tokens for part in token.parts if not isinstance(part, str))
