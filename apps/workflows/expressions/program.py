"""One compiled expression."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from apps.workflows.expressions.draws import DRAWS, check_drawn_once, drawn_in
from apps.workflows.expressions.errors import EvaluationFailed, ExpressionError, NotPure
from apps.workflows.expressions.evaluator import Evaluator
from apps.workflows.expressions.input_texts import FALSE, check_judged, is_same_as_meant, texts_in
from apps.workflows.expressions.lexer import program_text, tokenize
from apps.workflows.expressions.mentions import InputPath, input_paths, judges
from apps.workflows.expressions.nodes import Node
from apps.workflows.expressions.pure import compile_pure
from apps.workflows.expressions.safety import check_safe, every_token
from apps.workflows.expressions.scope import Scope
from apps.workflows.expressions.sealed import evaluate_sealed, looks_into_strings
from apps.workflows.expressions.text_guards import guards_for
from apps.workflows.expressions.tokens import Token
from apps.workflows.expressions.unheld import check_held, names_it_may_mean
from apps.workflows.values import Json

_MOST_GUARDED = 2**15
"""Characters of a document up to which jq looks for texts of the input in whatever it compares, which takes it five
times as long. In a longer one it does when it makes a difference what they say."""
_CLOCK = "def now: $__now; def localtime: gmtime; def strflocaltime(f): strftime(f); "


@dataclass(frozen=True, slots=True)
class Program:
    """What stands inside `${ }`: safe, tokenized, and compiled to Python as far as that goes."""

    text: str
    """As the author wrote it, for messages."""
    pure: Node | None
    wrapped: str
    """For jq: the program behind the definitions of its variables and of a clock that is the run's."""
    variables: tuple[str, ...]
    needs_bag: bool
    names_secrets: bool
    looks_into_strings: bool
    draws: tuple[str, ...] = ()
    """What it draws (draws.py)."""
    tokens: tuple[Token, ...] = field(default=(), repr=False, compare=False)
    """For who asks what it mentions (mentions.py)."""
    guards: str = field(default="", repr=False, compare=False)
    """Definitions for jq under which it refuses texts of the input where numbers are meant; empty where none can be."""
    input_paths: tuple[InputPath, ...] = field(default=(), repr=False, compare=False)
    """Of the input, which have to be there where they are compared, or become text that leaves the run."""
    may_mean: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """Names of variables that it may read in ways that its tokens do not tell (unheld.py)."""

    def evaluate(self, scope: Scope, evaluator: Evaluator) -> Json:
        """The value. Raises ExpressionError."""
        try:
            if scope.is_input_strict:
                check_input((path for path in self.input_paths if path.is_compared), scope)
            return self._evaluate_held(scope, evaluator) if self.may_mean else self._evaluate(scope, evaluator)
        except EvaluationFailed as reason:
            raise ExpressionError(self.text, str(reason)) from None

    def require_input(self, scope: Scope) -> None:
        """Raise ExpressionError unless all that it names of the input is there."""
        try:
            check_input(self.input_paths, scope)
        except EvaluationFailed as reason:
            raise ExpressionError(self.text, str(reason)) from None

    def check(self, evaluator: Evaluator) -> None:
        """Raise ExpressionError unless the program compiles. Free for programs the Python evaluator knows."""
        if self.pure is None:
            try:
                evaluator.check(self.wrapped)
            except EvaluationFailed as reason:
                raise ExpressionError(self.text, str(reason)) from None

    def _evaluate_held(self, scope: Scope, evaluator: Evaluator) -> Json:
        value = self._evaluate(scope, evaluator)
        check_held(value, self.may_mean, scope, lambda other: self._evaluate(other, evaluator))
        return value

    def _evaluate(self, scope: Scope, evaluator: Evaluator) -> Json:
        if self.pure is not None:
            try:
                value = self.pure(scope.dot, scope)
                # The bag changes; a value in it must not, nor contain the bag.
                return dict(scope.bag) if value is scope.bag else value
            except (NotPure, RecursionError):
                pass  # jq has the last word on values the Python evaluator does not judge.
        return self._evaluate_in_jq(scope, evaluator)

    def _evaluate_in_jq(self, scope: Scope, evaluator: Evaluator) -> Json:
        data = self._document(scope)
        document = _json(data)
        texts = texts_in(document, scope.input_texts) if scope.input_texts and self.guards else {}
        guarded, with_texts = f".texts as $__texts | {self.guards}{self.wrapped}", {**data, "texts": texts}
        if scope.nonce and scope.nonce in document:
            predicates = self.names_secrets and self.looks_into_strings
            program = guarded if texts else self.wrapped
            return evaluate_sealed(evaluator, program, _json(with_texts), scope.nonce, predicates=predicates)
        if texts and len(document) <= _MOST_GUARDED:
            value = evaluator.evaluate(guarded, _json(with_texts))
        else:
            value = evaluator.evaluate(self.wrapped, document)
            if texts and not is_same_as_meant(evaluator, self.wrapped, data, value, texts):
                value = evaluator.evaluate(guarded, _json(with_texts))
        if FALSE in scope.input_texts and judges(self.tokens):
            check_judged(evaluator, self.wrapped, data, value)
        return value

    def _document(self, scope: Scope) -> dict[str, Json]:
        """Only what the program can reach: each part is turned into text and read again."""
        bag = scope.bag | {"secrets": scope.secrets} if self.names_secrets else scope.bag
        over_bag = scope.dot is scope.bag
        return {
            "dot": bag if over_bag else scope.dot,
            "bag": bag if self.needs_bag and not over_bag else None,
            "same": over_bag,
            "now": scope.now(),
            "variables": {name: scope.variable(name) for name in self.variables},
            "drawn": {name: DRAWS[name](scope.draw()) for name in self.draws},
        }


def _json(data: dict[str, Json]) -> str:
    return json.dumps(data, separators=(",", ":"))


def check_input(paths: Iterable[InputPath], scope: Scope) -> None:
    """Raise EvaluationFailed for one that the input does not have."""
    for path in paths:
        value = scope.variable("input")
        for key in path.keys:
            if not isinstance(value, dict):
                break  # what jq makes of a key of it, it says itself
            if key not in value:
                raise EvaluationFailed(f"{path} is not in the input of the run")
            value = value[key]


@lru_cache(maxsize=4096)
def compile_program(source: str, shown: str = "") -> Program:
    """Compile one expression, without its `${ }`. Raises ExpressionError when it is malformed or not allowed.

    `shown` is the text for messages where `source` was put together from what the author wrote.
    """
    try:
        tokens = tokenize(source)
        check_safe(source, tokens)
        is_put_together = "secrets" in _texts(tokens) and "secrets" not in source
        # Python's evaluator keeps the secrets apart from the bag, and finds them by a name that stands there.
        pure, draws = None if is_put_together else _pure(tokens), drawn_in(tokens)
        if pure is None:
            check_drawn_once(source, tokens, draws)
    except RecursionError:
        raise ExpressionError(shown or source, "it is nested too deeply") from None
    except ExpressionError as error:
        raise ExpressionError(shown or source, error.reason) from None
    if not tokens:
        raise ExpressionError(shown or source, "it is empty")
    names = sorted(_variables(tokens))
    return Program(
        text=(shown or source).strip(),
        pure=pure,
        wrapped=_wrap(program_text(source, tokens), names, draws),
        variables=tuple(name for name in names if name != "context"),
        needs_bag="context" in names,
        names_secrets="secrets" in source or is_put_together,
        looks_into_strings=looks_into_strings(tokens),
        draws=draws,
        tokens=tokens,
        guards=guards_for(tokens),
        input_paths=input_paths(tokens),
        # What draws, draws something else each time, and is not asked twice.
        may_mean=frozenset() if draws else names_it_may_mean(tokens),
    )


def _texts(tokens: tuple[Token, ...]) -> str:
    """All constant texts in a row: a key may be put together from them."""
    return "".join(part for token, _ in every_token(tokens) for part in token.parts if isinstance(part, str))


def _pure(tokens: tuple[Token, ...]) -> Node | None:
    try:
        return compile_pure(tokens)
    except NotPure:
        return None


def _wrap(program: str, names: list[str], draws: tuple[str, ...]) -> str:
    """`program` behind its variables and what it draws. Those it binds itself hide ours, so all may be defined."""
    bindings = [
        "(if .same then .dot else .bag end) as $context" if name == "context" else f".variables.{name} as ${name}"
        for name in names
    ]
    bindings += [f".drawn.{name} as $__{name}" for name in draws]
    functions = _CLOCK + "".join(f"def {name}: $__{name}; " for name in draws)
    chain = " | ".join([*bindings, ".now as $__now", ".dot"])
    # No parentheses around it: jq would complain of ours where an expression breaks off.
    return f"{chain} | {functions}{program}\n"


def _variables(tokens: tuple[Token, ...]) -> set[str]:
    found = {token.text[1:] for token in tokens if token.kind == "variable"}
    for token in tokens:
        for part in token.parts:
            if not isinstance(part, str):
                found |= _variables(part)
    return found
