"""The part of jq that workflows use all the time, compiled to Python closures.

Paths, literals, comparison, arithmetic, `and`, `or`, `not`, `//`, `|` and string interpolation. A program with
anything else in it does not compile here (NotPure) and goes to jq. Compiled once; a path costs well under a
microsecond, against some 300 for a trip to jq.
"""

import json

from apps.shared.numbers import MOST_DIGITS
from apps.workflows.expressions import nodes, operators
from apps.workflows.expressions.errors import NotPure
from apps.workflows.expressions.nodes import Node
from apps.workflows.expressions.scope import Scope
from apps.workflows.expressions.tokens import JQ_FUNCTIONS, Token
from apps.workflows.values import Json

_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_COMPARISONS = 2
_NUMBER_LIMIT = 2**53


def compile_pure(tokens: tuple[Token, ...]) -> Node:
    """The closure of a program. Raises NotPure when it uses more than this module knows."""
    parser = _Parser(tokens)
    node = parser.pipe()
    if parser.at < len(tokens):
        raise NotPure
    return node


class _Parser:
    """Precedence climbing over the tokens, in jq's own order: | then // then or, and, comparison, + -, * / %."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.at = 0

    def pipe(self) -> Node:
        left = self.alternative()
        if not self.take("|"):
            return left
        right = self.pipe()
        return lambda dot, scope: right(left(dot, scope), scope)

    def alternative(self) -> Node:
        left = self.binary(0)
        if not self.take("//"):
            return left
        right = self.alternative()

        def either(dot: Json, scope: Scope) -> Json:
            value = left(dot, scope)
            return value if operators.truthy(value) else right(dot, scope)

        return either

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while (operator := self.take(*_LEVELS[level])) is not None:
            left = nodes.BINARY[operator](left, self.binary(level + 1))
            if level == _COMPARISONS:
                return self.unchained(left)
        return left

    def unchained(self, comparison: Node) -> Node:
        """jq does not chain comparisons: `1 < 2 < 3` is its error to report."""
        follower = self.peek()
        if follower is not None and follower.is_operator(*_LEVELS[_COMPARISONS]):
            raise NotPure
        return comparison

    def unary(self) -> Node:
        if self.take("-"):
            operand = self.postfix()
            return lambda dot, scope: operators.negate(operand(dot, scope))
        return self.postfix()

    def postfix(self) -> Node:
        token = self.next()
        if token.kind == "field":
            return self.path(nodes.this, [token.text[1:]])
        if token.is_operator("."):
            follower = self.peek()
            if follower is not None and follower.kind == "string" and follower.start == token.end:
                return self.path(nodes.this, [_constant(self.next())])
            return self.path(nodes.this, [])
        if token.kind == "variable":
            name = token.text[1:]
            return self.path(lambda _dot, scope: scope.variable(name), [])
        if token.is_operator("("):
            inner = self.pipe()
            self.expect(")")
            return self.path(inner, [])
        node = _literal(token)
        follower = self.peek()
        if follower is not None and (follower.kind == "field" or follower.is_operator("[", "?")):
            raise NotPure
        return node

    def path(self, root: Node, keys: list[str | int]) -> Node:
        """The fields and indexes that follow, constant ones in one tight loop."""
        while (token := self.peek()) is not None:
            if token.kind == "field":
                keys.append(self.next().text[1:])
            elif token.is_operator(".") and self.after_dot("["):
                self.next()
            elif token.is_operator(".") and self.after_dot("string"):
                self.next()
                keys.append(_constant(self.next()))
            elif token.is_operator("["):
                key = self.bracket()
                if isinstance(key, str | int):
                    keys.append(key)
                else:
                    root, keys = nodes.at_key(nodes.walk(root, keys), key), []
            elif token.is_operator("?"):
                raise NotPure
            elif self.hyphen():
                keys[-1] = f"{keys[-1]}-{self.next_hyphenated()}"
            else:
                break
        return nodes.walk(root, keys)

    def bracket(self) -> str | int | Node:
        """What stands in `[ ]`: a constant key, or a node for the key. Raises NotPure for slices and `[]`."""
        self.expect("[")
        start = self.at
        node = self.pipe()
        end = self.at
        self.expect("]")
        if end == start + 1:
            token = self.tokens[start]
            if token.kind == "string" and len(token.parts) == 1:
                return _constant(token)
            if token.kind == "number" and token.text.isdigit():
                return int(token.text)
        return node

    def hyphen(self) -> bool:
        """Whether `.fetch-data` stands here: a field, a hyphen and a word with no space between.

        jq reads a subtraction of the function `data`. No such function exists, so the program would be refused; names
        with hyphens are common and the SDKs write them so, and the path is what their author means.
        """
        ahead = self.tokens[self.at - 1 : self.at + 2]
        if len(ahead) < 3 or ahead[0].kind != "field" or not ahead[1].is_operator("-") or ahead[2].kind != "name":  # noqa: PLR2004
            return False
        touching = ahead[0].end == ahead[1].start and ahead[1].end == ahead[2].start
        return touching and ahead[2].text not in JQ_FUNCTIONS

    def next_hyphenated(self) -> str:
        self.next()
        return self.next().text

    def after_dot(self, kind: str) -> bool:
        """Whether what follows the dot at this place touches it and is a string or the given operator."""
        if self.at + 1 >= len(self.tokens):
            return False
        dot, follower = self.tokens[self.at], self.tokens[self.at + 1]
        return (
            follower.kind == "string" if kind == "string" else follower.is_operator(kind) and dot.end <= follower.start
        )

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def next(self) -> Token:
        token = self.peek()
        if token is None:
            raise NotPure
        self.at += 1
        return token

    def take(self, *texts: str) -> str | None:
        token = self.peek()
        if token is not None and token.kind in ("operator", "name") and token.text in texts:
            self.at += 1
            return token.text
        return None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise NotPure


def _constant(token: Token) -> str:
    if len(token.parts) != 1 or not isinstance(token.parts[0], str):
        raise NotPure
    return token.parts[0]


def _literal(token: Token) -> Node:
    if token.kind == "number":
        if len(token.text) > MOST_DIGITS:
            raise NotPure
        value = json.loads(token.text) if token.text[0] != "." and token.text[-1] != "." else float(token.text)
        if abs(value) > _NUMBER_LIMIT or (value == int(value) and not token.text.isdigit()):
            raise NotPure  # jq keeps 1.0 and 1e3 as they are written, until it does not.
        number = value
        return lambda _dot, _scope: number
    if token.kind == "string":
        return _text(token)
    if token.kind == "name" and token.text in ("true", "false", "null"):
        constant = {"true": True, "false": False, "null": None}[token.text]
        return lambda _dot, _scope: constant
    if token.kind == "name":
        return nodes.function_node(token.text)
    raise NotPure


def _text(token: Token) -> Node:
    """A string, with its interpolated programs evaluated."""
    if len(token.parts) == 1:
        text = token.parts[0]
        return lambda _dot, _scope: text
    pieces = [part if isinstance(part, str) else compile_pure(part) for part in token.parts]

    def join(dot: Json, scope: Scope) -> str:
        return operators.bounded_text(
            "".join(node if isinstance(node, str) else operators.text_of(node(dot, scope)) for node in pieces)
        )

    return join
