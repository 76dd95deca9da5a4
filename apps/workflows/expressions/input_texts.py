"""Texts of a run's input that are compared with numbers or truth values.

`--input amount=7` gives the text "7", and in jq every text is greater than every number. What plainly means a number is
never silently wrong: such a comparison fails, and says how the input is given as what it is compared with. Texts are
known by what they say, wherever they were set, exported or looped over.
"""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Final

from apps.workflows.expressions.errors import EvaluationFailed, shorten
from apps.workflows.expressions.evaluator import Evaluator
from apps.workflows.expressions.operators import truthy
from apps.workflows.values import Json, type_name

FALSE: Final = "false"
"""The one text that means the other of true and false than jq takes it for."""


def refuse_text(left: Json, right: Json, texts: Set[str], *, by_order: bool) -> None:
    """Raise EvaluationFailed where one of two compared values is a text of the input and the other no text at all.

    For equality only where the text says what the other is: `auto` is plainly not true.
    """
    text, other = (left, right) if isinstance(left, str) else (right, left)
    if isinstance(text, str) and text in texts and isinstance(other, bool | int | float):
        plain = plain_value(text)
        if by_order or (plain is not None and isinstance(plain, bool) is isinstance(other, bool)):
            raise EvaluationFailed(_sentence(text, type_name(other)))


def truth(value: Json, texts: Set[str]) -> bool:
    """What jq takes a value for. Raise EvaluationFailed for a text of the input that says false and counts as true."""
    if value == FALSE and FALSE in texts:
        raise EvaluationFailed(_sentence(FALSE, "boolean"))
    return truthy(value)


def check_compared(evaluator: Evaluator, program: str, data: Json, value: Json, texts: Set[str]) -> None:
    """Raise EvaluationFailed unless jq's `value` of a program that compares would be the same with numbers for texts.

    jq itself does not tell what it compares: so it is asked once more, with what these texts plainly say.
    """
    plain = {text: found for text in texts if (found := plain_value(text)) is not None}
    meant = _with_values(data, plain)
    if meant is data:
        return
    try:
        other = evaluator.evaluate(program, json.dumps(meant, separators=(",", ":")))
    except EvaluationFailed:
        return  # it takes a text, and nothing else
    if _with_values(value, plain) != _with_values(other, plain):
        text = next(text for text in plain if _with_values(data, {text: plain[text]}) is not data)
        raise EvaluationFailed(_sentence(text, type_name(plain[text])))


def plain_value(text: str) -> bool | int | float | None:
    """The number or truth value that a text says; None for any other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, bool | int | float) else None


def _with_values(value: Json, plain: dict[str, bool | int | float]) -> Json:
    """`value` with these texts as what they say; itself where there are none."""
    if isinstance(value, str):
        return plain.get(value, value)
    if isinstance(value, list):
        items = [_with_values(item, plain) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = {key: _with_values(inner, plain) for key, inner in value.items()}
        return pairs if any(pairs[key] is not inner for key, inner in value.items()) else value
    return value


def _sentence(text: str, kind: str) -> str:
    return f"the input {shorten(text, 40)!r} is text, and is compared with a {kind}; give it as `--input KEY:=VALUE`"
