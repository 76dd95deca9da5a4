"""What an expression mentions, found in its tokens: so it is known before anything is evaluated, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from apps.workflows.expressions.tokens import BEFORE_PARENTHESES, Token

HOLDERS: Final = ("secrets", "env_vars")
"""What variables are found under, in the data bag."""
COMPARISONS: Final = ("==", "!=", "<", "<=", ">", ">=")
JUDGEMENTS: Final = frozenset({"and", "or", "not", "if", "elif", "select", "any", "all"})
"""Words that take a value for true or false."""
_PATH_ENDS: Final = ("]", ")", "?")


@dataclass(frozen=True, slots=True)
class Mention:
    """A secret or variable: `.secrets.NAME`, `$context.env_vars["NAME"]`."""

    holder: str
    name: str
    has_default: bool
    """`//` or `?` stands behind it: it may be missing."""

    @property
    def is_secret(self) -> bool:
        return self.holder == "secrets"


def mentions(tokens: tuple[Token, ...], *, over_bag: bool = True) -> Iterator[Mention]:
    """The secrets and variables that a program names where it is sure that it means them.

    `over_bag`: whether `.` is the data bag where the program begins. Behind a pipe and in the arguments of a function
    it may be anything.
    """
    calls: list[bool] = []
    for index, token in enumerate(tokens):
        if token.is_operator("|"):
            over_bag = False
        elif token.is_operator("(", "[", "{"):
            calls.append(token.text == "(" and _is_call(tokens, index))
        elif token.is_operator(")", "]", "}"):
            calls.pop()
        is_bag = over_bag and not any(calls)
        if token.text.lstrip(".$") in HOLDERS and _is_root(tokens, index, over_bag=is_bag):
            name, end = _key(tokens, index + 1)
            if name:
                yield Mention(token.text.lstrip(".$"), name, _has_default(tokens, end))
        for part in token.parts:
            if not isinstance(part, str):
                yield from mentions(part, over_bag=is_bag)


def carried_mentions(
    tokens: tuple[Token, ...], *, over_bag: bool = True, bound: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Mention]:
    """Those of variables that are taken out of what was carried on: `.secrets | .NAME`, `.secrets as $s | $s.NAME`.

    `bound`: the variables that are one of the holders, with which.
    """
    bound = {**bound, **_bound(tokens, over_bag=over_bag)}
    for index, token in enumerate(tokens):
        holder = bound.get(token.text, "")
        if holder:
            name, end = _key(tokens, index + 1)
        elif _is_alone(tokens, index, over_bag=over_bag):
            holder, name, end = token.text.lstrip(".$"), "", index
        else:
            holder, name, end = "", "", index
        if holder and not name and index + 1 < len(tokens) and tokens[index + 1].is_operator("|"):
            is_dot = index + 2 < len(tokens) and tokens[index + 2].is_operator(".")
            name, end = _key(tokens, index + (3 if is_dot else 2))
        if holder and name:
            yield Mention(holder, name, _has_default(tokens, end))
        for part in token.parts:
            if not isinstance(part, str):
                yield from carried_mentions(part, over_bag=False, bound=bound)


def _bound(tokens: tuple[Token, ...], *, over_bag: bool) -> dict[str, str]:
    """The variables that a program binds to a holder, each with its name, and to nothing else."""
    names = [tokens[at + 1].text for at, token in enumerate(tokens[:-1]) if token.text == "as"]
    found = {
        tokens[at + 2].text: token.text.lstrip(".$")
        for at, token in enumerate(tokens[:-2])
        if tokens[at + 1].text == "as" and _is_alone(tokens, at, over_bag=over_bag)
    }
    return {name: holder for name, holder in found.items() if names.count(name) == 1}


def _is_alone(tokens: tuple[Token, ...], index: int, *, over_bag: bool) -> bool:
    """Whether a holder stands at `index`, at the beginning of the program or as a variable, with nothing before it."""
    token, before = tokens[index], tokens[index - 1] if index else None
    if token.text.lstrip(".$") not in HOLDERS or not (before is None or before.is_operator("|", "(")):
        return False
    is_first = all(each.is_operator("(") for each in tokens[:index])
    return token.kind == "variable" or (token.kind == "field" and over_bag and is_first)


def compared_inputs(tokens: tuple[Token, ...]) -> Iterator[str]:
    """The keys of the input that are compared with a number, true or false: `$input.KEY > 100`."""
    for start, token in enumerate(tokens):
        if token.kind == "variable" and token.text == "$input":
            key, end = _key(tokens, start + 1)
            if key == "trigger_metadata":
                key, end = _key(tokens, end)
            if key and _is_compared(tokens, start, end):
                yield key
        for part in token.parts:
            if not isinstance(part, str):
                yield from compared_inputs(part)


@dataclass(frozen=True, slots=True)
class InputPath:
    """A place of the input that a program names by constant keys: `$input.order.id`."""

    keys: tuple[str, ...]
    is_compared: bool
    """With something other than null."""

    def __str__(self) -> str:
        return "$input" + "".join(f".{key}" if key.isidentifier() else f"[{json.dumps(key)}]" for key in self.keys)


def input_paths(tokens: tuple[Token, ...]) -> tuple[InputPath, ...]:
    """Those that have to be there: without a default, and nowhere compared with null."""
    found: list[InputPath] = []
    optional: set[tuple[str, ...]] = set()
    _find_paths(tokens, found, optional)
    return tuple(path for path in found if path.keys not in optional)


def _find_paths(tokens: tuple[Token, ...], found: list[InputPath], optional: set[tuple[str, ...]]) -> None:
    for start, token in enumerate(tokens):
        if token.kind == "variable" and token.text == "$input":
            keys, end = _keys(tokens, start + 1)
            others = _compared_with(tokens, start, end)
            if _has_default(tokens, end) or any(other.kind == "name" and other.text == "null" for other in others):
                optional.add(keys)
            elif keys:
                found.append(InputPath(keys, bool(others)))
        for part in token.parts:
            if not isinstance(part, str):
                _find_paths(part, found, optional)


def _keys(tokens: tuple[Token, ...], at: int) -> tuple[tuple[str, ...], int]:
    """The constant keys that a path goes on with, and where the last of them ends."""
    keys = []
    key, end = _key(tokens, at)
    while key:
        keys.append(key)
        at = end
        key, end = _key(tokens, at)
    return tuple(keys), at


def _compared_with(tokens: tuple[Token, ...], start: int, end: int) -> list[Token]:
    """What stands on the other side of the comparisons beside the path from `start` to `end`."""
    while start > 0 and end < len(tokens) and tokens[start - 1].is_operator("(") and tokens[end].is_operator(")"):
        start, end = start - 1, end + 1
    behind, before = tokens[end : end + 2], tokens[max(0, start - 2) : start]
    others = [behind[1]] if len(behind) > 1 and behind[0].is_operator(*COMPARISONS) else []
    return others + ([before[0]] if len(before) > 1 and before[1].is_operator(*COMPARISONS) else [])


def judges(tokens: tuple[Token, ...]) -> bool:
    """Whether a program takes anything for true or false."""
    inner = (part for token in tokens for part in token.parts if not isinstance(part, str))
    return any(token.text in JUDGEMENTS for token in tokens) or any(map(judges, inner))


def _is_call(tokens: tuple[Token, ...], index: int) -> bool:
    return index > 0 and tokens[index - 1].kind == "name" and tokens[index - 1].text not in BEFORE_PARENTHESES


def _is_root(tokens: tuple[Token, ...], index: int, *, over_bag: bool) -> bool:
    """Whether what stands at `index` is looked up in the data bag, and not in something else."""
    if tokens[index].kind == "variable":
        return True
    if tokens[index].kind != "field":
        return False
    before = tokens[index - 1] if index else None
    if before is not None and before.kind == "variable":
        return before.text == "$context"
    is_inside = before is not None and (before.kind in ("field", "string") or before.is_operator(*_PATH_ENDS))
    return over_bag and not is_inside


def _key(tokens: tuple[Token, ...], at: int) -> tuple[str, int]:
    """The constant key that a path goes on with at this place, empty without one; and where it ends."""
    ahead = tokens[at : at + 3]
    if ahead and ahead[0].kind == "field":
        return _hyphenated(tokens, at)
    if len(ahead) > 1 and ahead[0].is_operator(".") and _is_text(ahead[1]):
        return str(ahead[1].parts[0]), at + 2
    if len(ahead) > 2 and ahead[0].is_operator("[") and _is_text(ahead[1]) and ahead[2].is_operator("]"):  # noqa: PLR2004
        return str(ahead[1].parts[0]), at + 3
    return "", at


def _hyphenated(tokens: tuple[Token, ...], at: int) -> tuple[str, int]:
    """`.my-key` is one key (see pure.py), unless there is a space in it."""
    name, end = tokens[at].text[1:], at + 1
    while end + 1 < len(tokens) and tokens[end].is_operator("-") and tokens[end + 1].kind == "name":
        if tokens[end - 1].end != tokens[end].start or tokens[end].end != tokens[end + 1].start:
            break
        name, end = f"{name}-{tokens[end + 1].text}", end + 2
    return name, end


def _is_text(token: Token) -> bool:
    return token.kind == "string" and len(token.parts) == 1 and isinstance(token.parts[0], str)


def _has_default(tokens: tuple[Token, ...], end: int) -> bool:
    while end < len(tokens) and tokens[end].is_operator(")"):
        end += 1
    return end < len(tokens) and tokens[end].is_operator("//", "?")


def _is_compared(tokens: tuple[Token, ...], start: int, end: int) -> bool:
    """Whether the path from `start` to `end` stands beside a comparison with a constant, parentheses left out."""
    while start > 0 and end < len(tokens) and tokens[start - 1].is_operator("(") and tokens[end].is_operator(")"):
        start, end = start - 1, end + 1
    behind = tokens[end : end + 3]
    if len(behind) > 1 and behind[0].is_operator(*COMPARISONS):
        return _is_constant(behind[2] if behind[1].is_operator("-") and len(behind) > 2 else behind[1])  # noqa: PLR2004
    before = tokens[max(0, start - 2) : start]
    return len(before) > 1 and before[1].is_operator(*COMPARISONS) and _is_constant(before[0])


def _is_constant(token: Token) -> bool:
    return token.kind == "number" or (token.kind == "name" and token.text in ("true", "false"))
