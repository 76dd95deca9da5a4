"""What programs of the SDKs write and jq does not know, as the tokens that it means.

`now()` is `now`, as are `uuid()` and `random()`; `pulls.length` is the length of what stands under that name in the
data bag, a task's result or a variable. jq refuses all of them, so no program that it knows changes its meaning.
"""

from __future__ import annotations

import json

from apps.workflows.expressions.tokens import JQ_FUNCTIONS, OURS, Token

_WITHOUT_ARGUMENTS = frozenset({"now", *OURS})


def as_meant(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens of a program, the same where there is nothing to translate.

    A program that defines functions of its own is left alone: its names may be those.
    """
    if not any(token.kind == "name" for token in tokens) or any(token.text == "def" for token in tokens):
        return tokens
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        if (end := _length_end(tokens, at)) > at:
            out += _length_of(tokens[at:end])
        else:
            out.append(tokens[at])
            end = at + 3 if _has_empty_arguments(tokens, at) else at + 1
        at = end
    return tuple(out)


def _has_empty_arguments(tokens: tuple[Token, ...], at: int) -> bool:
    word, *brackets = tokens[at : at + 3]
    is_known = word.kind == "name" and word.text in _WITHOUT_ARGUMENTS
    return is_known and [bracket.text for bracket in brackets] == ["(", ")"]


def _length_end(tokens: tuple[Token, ...], at: int) -> int:
    """Where `name.path.length` ends that begins at this place; `at` itself where none does."""
    if not _is_free_name(tokens, at):
        return at
    end = at + 1
    while end + 1 < len(tokens) and _is_hyphen(tokens, end):
        end += 2
    while end < len(tokens) and tokens[end].kind == "field" and tokens[end].start == tokens[end - 1].end:
        end += 1
        if tokens[end - 1].text == ".length":
            return end
    return at


def _is_free_name(tokens: tuple[Token, ...], at: int) -> bool:
    """A word that is no function of jq and no key of an object that is being made."""
    token = tokens[at]
    return token.kind == "name" and token.text not in JQ_FUNCTIONS | OURS and "::" not in token.text


def _is_hyphen(tokens: tuple[Token, ...], at: int) -> bool:
    touches = tokens[at - 1].end == tokens[at].start and tokens[at].end == tokens[at + 1].start
    return touches and tokens[at].is_operator("-") and tokens[at + 1].kind == "name"


def _length_of(path: tuple[Token, ...]) -> list[Token]:
    """`($context["name"].path | length)` in place of `name.path.length`."""
    fields = [token for token in path if token.kind == "field"][:-1]
    name = "".join(token.text for token in path if token.kind != "field")
    begin, end = path[0].start, path[-1].end
    return [
        Token("operator", "(", begin, begin),
        Token("variable", "$context", begin, begin),
        Token("operator", "[", begin, begin),
        Token("string", json.dumps(name), begin, begin, (name,)),
        Token("operator", "]", begin, begin),
        *(Token("field", field.text, begin, begin) for field in fields),
        Token("operator", "|", begin, begin),
        Token("name", "length", begin, begin),
        Token("operator", ")", begin, end),
    ]
