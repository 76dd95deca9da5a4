"""The closures a Python-compiled program is made of: `.`-paths, literals and operators."""

from collections.abc import Callable
from typing import TypeAlias

from apps.workflows.errors import ErrorType, is_error_of
from apps.workflows.expressions import operators
from apps.workflows.expressions.draws import DRAWS
from apps.workflows.expressions.errors import SEALED, EvaluationFailed, NotPure
from apps.workflows.expressions.input_texts import leave_to_jq, refuse_text, truth
from apps.workflows.expressions.scope import Scope
from apps.workflows.values import Json

Node: TypeAlias = Callable[[Json, Scope], Json]
"""Evaluates with `.` and scope. Raises NotPure for values that only jq may judge."""

_BUILTINS = {"length": operators.length, "tostring": operators.text_of}


def this(dot: Json, _scope: Scope) -> Json:
    """The program `.`."""
    return dot


def walk(root: Node, keys: list[str | int]) -> Node:
    """The value at constant `keys` below `root`. `.secrets` of the bag itself is the run's placeholders."""
    if not keys:
        return root
    if keys[0] == "secrets":
        return _walk_secrets(root, keys[1:])
    steps = tuple(keys)
    index = operators.index

    def down(dot: Json, scope: Scope) -> Json:
        value = root(dot, scope)
        for key in steps:
            value = value.get(key) if type(value) is dict and type(key) is str else index(value, key)
        return value

    return down


def _walk_secrets(root: Node, keys: list[str | int]) -> Node:
    def start(dot: Json, scope: Scope) -> Json:
        value = root(dot, scope)
        return dict(scope.secrets) if value is scope.bag else operators.index(value, "secrets")

    return walk(start, keys)


def at_key(base: Node, key: Node) -> Node:
    """`base[key]` with a computed key."""
    return lambda dot, scope: operators.index(base(dot, scope), key(dot, scope))


def function_node(name: str) -> Node:
    """A builtin of `.`. Raises NotPure for one that is not known here."""
    if name == "not":
        return lambda dot, scope: not _truth(dot, scope)
    if name in DRAWS:
        make = DRAWS[name]
        return lambda _dot, scope: make(scope.draw())
    if name not in _BUILTINS:
        raise NotPure
    function = _BUILTINS[name]
    return lambda dot, scope: function(opened(dot, scope))


def opened(value: Json, scope: Scope) -> Json:
    """`value`, if an operator may look into it.

    Raises EvaluationFailed for a text that holds a secret, NotPure for a value that might: jq's path finds out.
    """
    if scope.nonce and isinstance(value, str) and scope.nonce in value:
        raise EvaluationFailed(SEALED)
    if scope.nonce and isinstance(value, list | dict):
        raise NotPure
    return value


def _adding(left: Node, right: Node) -> Node:
    """Two texts of the input that say numbers are left to jq, which knows to refuse them."""

    def join(dot: Json, scope: Scope) -> Json:
        one, other = left(dot, scope), right(dot, scope)
        if scope.input_texts and isinstance(one, str) and isinstance(other, str):
            leave_to_jq(one, other, scope.input_texts)
        return operators.add(one, other)

    return join


def _looking(function: Callable[[Json, Json], Json]) -> Callable[[Node, Node], Node]:
    """For operators that look into their operands instead of moving them."""

    def combine(left: Node, right: Node) -> Node:
        def look(dot: Json, scope: Scope) -> Json:
            return function(opened(left(dot, scope), scope), opened(right(dot, scope), scope))

        return look

    return combine


def _comparing(function: Callable[[Json, Json], Json], *, by_order: bool) -> Callable[[Node, Node], Node]:
    """Like _looking, for comparisons: not between a text of the input and something else."""

    def combine(left: Node, right: Node) -> Node:
        def compare(dot: Json, scope: Scope) -> Json:
            one, other = opened(left(dot, scope), scope), opened(right(dot, scope), scope)
            if scope.input_texts:
                refuse_text(one, other, scope.input_texts, by_order=by_order)
            return function(one, other)

        return compare

    return combine


def _and(left: Node, right: Node) -> Node:
    return lambda dot, scope: _truth(left(dot, scope), scope) and _truth(right(dot, scope), scope)


def _or(left: Node, right: Node) -> Node:
    return lambda dot, scope: _truth(left(dot, scope), scope) or _truth(right(dot, scope), scope)


def _truth(value: Json, scope: Scope) -> bool:
    return truth(value, scope.input_texts) if scope.input_texts else operators.truthy(value)


def _equal(left: Json, right: Json) -> bool:
    """jq's ==, where the type of a caught error also equals its other names (errors.py)."""
    if isinstance(left, ErrorType):
        return is_error_of(left, right)
    if isinstance(right, ErrorType):
        return is_error_of(right, left)
    return operators.equal(left, right)


BINARY: dict[str, Callable[[Node, Node], Node]] = {
    "or": _or,
    "and": _and,
    "==": _comparing(_equal, by_order=False),
    "!=": _comparing(lambda left, right: not _equal(left, right), by_order=False),
    "<": _comparing(operators.less, by_order=True),
    ">": _comparing(lambda left, right: operators.less(right, left), by_order=True),
    "<=": _comparing(lambda left, right: not operators.less(right, left), by_order=True),
    ">=": _comparing(lambda left, right: not operators.less(left, right), by_order=True),
    "+": _adding,
    "-": _looking(operators.subtract),
    "*": _looking(operators.multiply),
    "/": _looking(operators.divide),
    "%": _looking(operators.modulo),
}
