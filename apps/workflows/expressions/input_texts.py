"""Texts of a run's input that are compared with numbers or truth values.

`--input amount=7` gives the text "7", and in jq every text is greater than every number. What plainly means a number is
never silently wrong: such a comparison fails, and says how the input is given as what it is compared with. Texts are
known by what they say, wherever they were set, exported or looped over. What jq makes of them, text_guards.py says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Final

from apps.workflows.expressions.errors import EvaluationFailed, NotPure, shorten
from apps.workflows.expressions.evaluator import Evaluator
from apps.workflows.expressions.operators import truthy
from apps.workflows.values import Json, type_name

FALSE: Final = "false"
"""The one text that means the other of true and false than jq takes it for."""


def refuse_text(left: Json, right: Json, texts: Set[str], *, by_order: bool) -> None:
    """Raise EvaluationFailed where one of two compared values is a text of the input and the other no text at all.

    For equality only where the text says what the other is: `auto` is plainly not true. Raise NotPure for two such
    texts and for lists and objects, of which jq finds out whether what they say makes a difference.
    """
    if isinstance(left, list | dict):
        raise NotPure
    if isinstance(left, str) and isinstance(right, str):
        if left != right:
            leave_to_jq(left, right, texts)
        return
    text, other = (left, right) if isinstance(left, str) else (right, left)
    if isinstance(text, str) and text in texts and isinstance(other, bool | int | float):
        plain = plain_value(text)
        if by_order or (plain is not None and isinstance(plain, bool) is isinstance(other, bool)):
            raise EvaluationFailed(_sentence(text, type_name(other)))


def leave_to_jq(left: str, right: str, texts: Set[str]) -> None:
    """Raise NotPure for two texts of the input that both say something else."""
    if left in texts and right in texts and None not in (plain_value(left), plain_value(right)):
        raise NotPure


def truth(value: Json, texts: Set[str]) -> bool:
    """What jq takes a value for. Raise EvaluationFailed for a text of the input that says false and counts as true."""
    if value == FALSE and FALSE in texts:
        raise EvaluationFailed(_sentence(FALSE, "boolean"))
    return truthy(value)


def texts_in(document: str, texts: Set[str]) -> dict[str, Json]:
    """Those that a JSON text may hold, with the number or truth value that each plainly says, or None."""
    return {text: plain_value(text) for text in sorted(texts) if json.dumps(text) in document}


def check_judged(evaluator: Evaluator, program: str, data: Json, value: Json) -> None:
    """Raise EvaluationFailed where a program that judges would not give `value` if texts that say false were false."""
    if not is_same_as_meant(evaluator, program, data, value, {FALSE: False}, unless_it_fails=True):
        raise EvaluationFailed(_sentence(FALSE, "boolean"))


def is_same_as_meant(
    evaluator: Evaluator,
    program: str,
    data: Json,
    value: Json,
    texts: Mapping[str, Json],
    *,
    unless_it_fails: bool = False,
) -> bool:
    """Whether jq's `value` would be the same with what `texts` plainly say; `unless_it_fails` where that fails."""
    plain = {text: meant for text, meant in texts.items() if meant is not None}
    meant = _with_values(data, plain)
    if meant is data:
        return True
    try:
        other = evaluator.evaluate(program, json.dumps(meant, separators=(",", ":")))
    except EvaluationFailed:
        return unless_it_fails
    return bool(_with_values(value, plain) == _with_values(other, plain))


def plain_value(text: str) -> bool | int | float | None:
    """The number or truth value that a text says; None for any other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, bool | int | float) else None


def _with_values(value: Json, plain: Mapping[str, Json]) -> Json:
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
