"""Parentheses stand wherever jq needs them: it finds what it finds with parentheses around everything."""

import importlib
import itertools
import json
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from stigmer import Expression, data

jq: Any = importlib.import_module("jq")  # has no types

INPUTS: list[dict[str, Any]] = [
    {"a": 7, "b": 3, "c": 5},
    {"a": "x,y", "b": ",", "c": "x"},
    {"a": [1, 2], "b": [2], "c": []},
    {"a": True, "b": None, "c": False},
]


class Form(NamedTuple):
    """A way to write something: what Python makes of its parts, and the same in jq."""

    python: Callable[..., Any]
    jq: str


FORMS = {
    **{
        symbol: Form(made, f"{{0}} {symbol} {{1}}")
        for symbol, made in {
            "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
            "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">=": operator.ge,
            "and": operator.and_, "or": operator.or_, "//": lambda a, b: a.or_else(b),
        }.items()
    },
    "not": Form(lambda a: ~a, "{0} | not"),
    "minus": Form(lambda a: -a, "0 - {0}"),
    "length": Form(lambda a: a.length(), "{0} | length"),
    "pipe": Form(lambda a: a.pipe("[.] | length"), "{0} | [.] | length"),
    "item": Form(lambda a: a[0], "{0}[0]"),
    "slice": Form(lambda a, b: a[b:], "{0}[{1}:]"),
    "contains": Form(lambda a, b: a.contains(b), ". as $all | {0} | contains($all | {1})"),
    "list": Form(lambda a, b: data["c"] == [a, b], ".c == [{0}, {1}]"),
    "object": Form(lambda a, b: data["c"].or_else({"k": a, "l": b}), '.c // {{"k": {0}, "l": {1}}}'),
    "text": Form(
        lambda a, b: data["c"].or_else(f"{a} and {b}"), '.c // (({0} | tostring) + " and " + ({1} | tostring))'
    ),
}  # fmt: skip


def parts_of(form: Form) -> int:
    return 2 if "{1}" in form.jq else 1


def answers(program: str) -> list[str]:
    """What jq finds for each input; of an error only that it is one: it depends on where jq looks first."""
    compiled = jq.compile(program)
    found = []
    for value in INPUTS:
        try:
            found.append(json.dumps(compiled.input_value(value).all()))
        except ValueError:
            found.append("an error")
    return found


def written(outer: Form, inner: Form, place: int) -> tuple[Expression, str]:
    """One form with the other one in one of its places, and that with parentheses around everything."""
    leaves = [(data["a"], "(.a)"), (data["b"], "(.b)")]
    values, texts = zip(*leaves[: parts_of(inner)], strict=True)
    inside = (inner.python(*values), f"({inner.jq.format(*texts)})")
    parts = [inside if index == place else leaves[index] for index in range(parts_of(outer))]
    values, texts = zip(*parts, strict=True)
    return outer.python(*values), outer.jq.format(*texts)


@pytest.mark.parametrize("outer", FORMS)
def test_a_form_within_a_form_means_what_python_says(outer: str) -> None:
    for inner, place in itertools.product(FORMS, range(parts_of(FORMS[outer]))):
        expression, parenthesised = written(FORMS[outer], FORMS[inner], place)
        assert answers(expression.jq) == answers(parenthesised), f"{inner} in place {place}: {expression.jq}"
