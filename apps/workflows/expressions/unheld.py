"""Secrets and variables that nobody gave, read in a way that no list of names can tell beforehand.

`.secrets.NAME` is known from its tokens (mentions.py), and a run without it is refused when it is created. Behind a
pipe or under a computed key (`$secrets | .NAME`, `getpath(["secrets", "NAME"])`) a program would be given null. jq does
not tell what it looks up, so it is asked once more, with a value under the names it may mean: it must answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from apps.workflows.expressions.errors import EvaluationFailed
from apps.workflows.expressions.mentions import HOLDERS, mentions
from apps.workflows.expressions.safety import every_token
from apps.workflows.expressions.scope import Scope
from apps.workflows.expressions.tokens import Token
from apps.workflows.values import Json

_MARK = "a value that nobody gave"
_NO_NAME = "a name that nobody means"
_MOST_JOINED = 6
"""Pieces of text that are put together: each way of it is another name that may be meant."""


def names_it_may_mean(tokens: tuple[Token, ...]) -> frozenset[str]:
    """What may be the name of a variable in a program that reaches a holder in other ways than by `.secrets.NAME`.

    Empty for one that does not, and for one with a default: what it reads may be missing.
    """
    every = [token for token, _ in every_token(tokens)]
    if any(token.is_operator("//", "?") for token in every):
        return frozenset()
    texts = [part for token in every for part in token.parts if isinstance(part, str)]
    joined = {"".join(texts[start : start + n]) for n in range(1, _MOST_JOINED) for start in range(len(texts))}
    reached = sum(token.text.lstrip(".$") in HOLDERS for token in every) + bool(joined.intersection(HOLDERS))
    if reached <= sum(1 for _ in mentions(tokens)):
        return frozenset()
    words = {token.text.lstrip(".$") for token in every if token.kind in ("field", "name", "variable")}
    return frozenset((joined | words) - {"", *HOLDERS})


def check_held(value: Json, names: frozenset[str], scope: Scope, evaluate: Callable[[Scope], Json]) -> None:
    """Raise EvaluationFailed where `value`, which `evaluate` gave for `scope`, depends on a variable that nobody gave.

    A program that goes through all that is there depends on none of them.
    """
    given = _given(scope)
    every = names.union(*given.values())
    missing = [(holder, name) for holder in HOLDERS for name in sorted(every - given[holder].keys())]

    def depends_on(added: list[tuple[str, str]]) -> bool:
        try:
            return bool(evaluate(_with(scope, added)) != value)
        except EvaluationFailed:
            return True

    if not depends_on(missing) or depends_on([(holder, _NO_NAME) for holder in HOLDERS]):
        return
    for holder, name in missing:
        if depends_on([(holder, name)]):
            raise EvaluationFailed(_sentence(holder, name, given))


def _given(scope: Scope) -> dict[str, Mapping[str, Json]]:
    variables = scope.bag.get("env_vars")
    return {"secrets": scope.secrets, "env_vars": variables if isinstance(variables, dict) else {}}


def _with(scope: Scope, added: list[tuple[str, str]]) -> Scope:
    """`scope` with a value for each (holder, name)."""
    given = _given(scope)
    more = {holder: {**given[holder], **{name: _MARK for each, name in added if each == holder}} for holder in HOLDERS}
    bag = {**scope.bag, "env_vars": more["env_vars"]}
    return replace(scope, bag=bag, dot=bag if scope.dot is scope.bag else scope.dot, secrets=more["secrets"])


def _sentence(holder: str, name: str, given: Mapping[str, Mapping[str, Json]]) -> str:
    if name not in given["secrets" if holder == "env_vars" else "env_vars"]:
        return f"nobody gave a value for .{holder}.{name}, which it reads"
    return f"it reads .{holder}.{name}, and its value is {'not given as ' if holder == 'secrets' else ''}a secret"
