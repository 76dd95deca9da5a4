"""Expressions: Python operators that write jq, to be evaluated while the workflow runs."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn, Union

from stigmer import checks
from stigmer.errors import DefinitionError
from stigmer.jq import (
    ALTERNATIVE,
    AND,
    COMPARISON,
    OR,
    PIPE,
    PRODUCT,
    SUM,
    TERM,
    member,
    parenthesised,
    quoted,
    spelled,
    wrapped,
)
from stigmer.template import concatenation

# What may stand where a workflow takes a value: JSON with expressions, tasks and branches (their results) in it.
Value = Union[None, bool, int, float, str, "Expression", "Result", Sequence["Value"], Mapping[str, "Value"]]

_NOT_YET = "has no value while the program runs, only while the workflow runs"


class Expression:
    """A value known only while the workflow runs.

    `e["key"]`, `e.key` and `e[0]` reach into it; `== != < <= > >= + - * / %` compute; `&`, `|` and `~` are and, or
    and not. In an f-string it becomes part of the text. `str(e)` is the form workflows hold: `${ ... }`.
    """

    __slots__ = ("_binds", "_fixed", "_text")

    def __init__(self, text: str, binds: int = PIPE, *, fixed: bool = False) -> None:
        """`text` is jq; `fixed` says that it means the same wherever it stands, whatever `.` is there."""
        self._text = text
        self._binds = binds
        self._fixed = fixed

    # Reaching in

    def __getitem__(self, key: "str | int | slice | Expression") -> "Expression":
        base = self.placed(TERM)
        if isinstance(key, str):
            return Expression(member(base, key), TERM, fixed=self._fixed)
        if isinstance(key, slice):
            return Expression(f"{base}[{_bound(key.start)}:{_bound(key.stop)}]", TERM, fixed=self._fixed)
        inner = as_expression(key)
        return Expression(f"{base}[{inner.jq}]", TERM, fixed=self._fixed and inner.is_fixed)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> "Expression":
            if name.startswith("_"):
                raise AttributeError(name)
            return self[name]

        def __call__(self, *_: object, **__: object) -> NoReturn:
            self._refuse("it has no such method, use .pipe() with jq")

    else:

        def __getattr__(self, name: str) -> "Expression":
            return self[name]

    # Comparing and computing

    def __eq__(self, other: Value) -> "Expression":  # type: ignore[override] # an expression compares later
        return _infix(self, "==", other, COMPARISON)

    def __ne__(self, other: Value) -> "Expression":  # type: ignore[override] # an expression compares later
        return _infix(self, "!=", other, COMPARISON)

    def __lt__(self, other: Value) -> "Expression":
        return _infix(self, "<", other, COMPARISON)

    def __le__(self, other: Value) -> "Expression":
        return _infix(self, "<=", other, COMPARISON)

    def __gt__(self, other: Value) -> "Expression":
        return _infix(self, ">", other, COMPARISON)

    def __ge__(self, other: Value) -> "Expression":
        return _infix(self, ">=", other, COMPARISON)

    def __add__(self, other: Value) -> "Expression":
        return _infix(self, "+", other, SUM)

    def __radd__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "+", self, SUM)

    def __sub__(self, other: Value) -> "Expression":
        return _infix(self, "-", other, SUM)

    def __rsub__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "-", self, SUM)

    def __mul__(self, other: Value) -> "Expression":
        return _infix(self, "*", other, PRODUCT)

    def __rmul__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "*", self, PRODUCT)

    def __truediv__(self, other: Value) -> "Expression":
        return _infix(self, "/", other, PRODUCT)

    def __rtruediv__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "/", self, PRODUCT)

    def __mod__(self, other: Value) -> "Expression":
        return _infix(self, "%", other, PRODUCT)

    def __rmod__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "%", self, PRODUCT)

    def __neg__(self) -> "Expression":
        return _infix(literal(0), "-", self, SUM)

    def __and__(self, other: Value) -> "Expression":
        return _infix(self, "and", other, AND)

    def __rand__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "and", self, AND)

    def __or__(self, other: Value) -> "Expression":
        return _infix(self, "or", other, OR)

    def __ror__(self, other: Value) -> "Expression":
        return _infix(as_expression(other), "or", self, OR)

    def __invert__(self) -> "Expression":
        return self.pipe("not")

    def or_else(self, other: Value) -> "Expression":
        """This value, or the other where this one is null or false."""
        return _infix(self, "//", other, ALTERNATIVE)

    # Text and lists

    def contains(self, part: Value) -> "Expression":
        """Whether a text has the part in it, or a list an element that does."""
        return self._call("contains", part)

    def startswith(self, start: Value) -> "Expression":
        """Whether a text begins with `start`."""
        return self._call("startswith", start)

    def endswith(self, end: Value) -> "Expression":
        """Whether a text ends with `end`."""
        return self._call("endswith", end)

    def matches(self, pattern: Value) -> "Expression":
        """Whether a regular expression is found in a text."""
        return self._call("test", pattern)

    def split(self, separator: Value) -> "Expression":
        """The parts of a text."""
        return self._call("split", separator)

    def join(self, separator: Value) -> "Expression":
        """One text from a list of them."""
        return self._call("join", separator)

    def length(self) -> "Expression":
        """The number of characters, elements or keys."""
        return self.pipe("length")

    def lower(self) -> "Expression":
        """The text in lower case (A to Z only)."""
        return self.pipe("ascii_downcase")

    def upper(self) -> "Expression":
        """The text in upper case (a to z only)."""
        return self.pipe("ascii_upcase")

    def pipe(self, program: str) -> "Expression":
        """The result of a jq program whose `.` is this value: for whatever has no method here."""
        checks.required("Expression.pipe", "program", program)
        return Expression(f"{self._text} | {program}", PIPE)

    # How it appears

    @property
    def jq(self) -> str:
        """The jq program, without the braces around it."""
        return self._text

    def placed(self, at_least: int) -> str:
        """The jq program for a place that demands a binding at least this tight."""
        return parenthesised(self._text, self._binds, at_least)

    @property
    def is_fixed(self) -> bool:
        """Whether it means the same wherever it stands, whatever `.` is there."""
        return self._fixed

    def __str__(self) -> str:
        return wrapped(self._text)

    def __repr__(self) -> str:
        return f"Expression({self._text!r})"

    def __format__(self, spec: str) -> str:
        if spec:
            raise DefinitionError("", f"the format {spec!r} of {self!r}", f"cannot be applied: it {_NOT_YET}")
        return str(self)

    # What Python would do now and must not

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._refuse("use it in wf.switch, or combine with & | ~ instead of and, or, not")

    def __iter__(self) -> Iterator["Expression"]:
        return self._refuse("use wf.for_each to loop over it")

    def __len__(self) -> int:
        return self._refuse("use .length()")

    def __contains__(self, item: object) -> bool:
        return self._refuse("use .contains() instead of in")

    def _refuse(self, advice: str) -> NoReturn:
        raise DefinitionError("", str(self), f"{_NOT_YET}: {advice}")

    def _call(self, function: str, argument: Value) -> "Expression":
        value = as_expression(argument)
        if value.is_fixed:
            return Expression(f"{self._text} | {function}({value.jq})", PIPE, fixed=self._fixed)
        # Behind the pipe `.` is another value: what the argument means is settled before it.
        return Expression(f"{value.placed(TERM)} as $value | {self.placed(ALTERNATIVE)} | {function}($value)", PIPE)


class Result(ABC):
    """What a task or a branch leaves behind: `output` is all of it, `["key"]` a part."""

    @property
    @abstractmethod
    def output(self) -> Expression:
        """All of it."""

    def __getitem__(self, key: str | int | slice | Expression) -> Expression:
        return self.output[key]

    def __eq__(self, other: Value) -> Expression:  # type: ignore[override] # as an expression does
        return self.output == other

    def __ne__(self, other: Value) -> Expression:  # type: ignore[override] # as an expression does
        return self.output != other

    __hash__ = object.__hash__

    def __str__(self) -> str:
        return str(self.output)

    def __format__(self, spec: str) -> str:
        return format(self.output, spec)

    def __bool__(self) -> bool:
        return bool(self.output)

    def __iter__(self) -> Iterator[Expression]:
        return iter(self.output)

    def __len__(self) -> int:
        return len(self.output)


def _infix(left: Expression, operator: str, other: Value, binds: int) -> Expression:
    right = as_expression(other)
    # The right side always binds tighter, as - and / demand; the left side of a comparison too: they do not chain.
    left_binds = binds + 1 if binds == COMPARISON else binds
    text = f"{left.placed(left_binds)} {operator} {right.placed(binds + 1)}"
    return Expression(text, binds, fixed=left.is_fixed and right.is_fixed)


def as_expression(value: object, owner: str = "", argument: str = "a value") -> Expression:
    """Any value as an expression; text with `${ }` in it becomes a concatenation."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, Result):
        return value.output
    if isinstance(value, str):
        program, binds, fixed = concatenation(checks.text(owner, argument, value))
        return Expression(program, binds, fixed=fixed)
    if value is None or isinstance(value, bool | int | float):
        return Expression(spelled(owner, argument, value), TERM, fixed=True)
    return _composed(value, owner, argument)


def _composed(value: object, owner: str, argument: str) -> Expression:
    if isinstance(value, Mapping):
        members = checks.mapping(owner, argument, value).items()
        parts = {key: as_expression(item, owner, f"{argument}[{key!r}]") for key, item in members}
        inner = ", ".join(f"{quoted(key)}: {part.placed(TERM)}" for key, part in parts.items())
        return Expression("{" + inner + "}", TERM, fixed=all(part.is_fixed for part in parts.values()))
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        items = [as_expression(item, owner, f"{argument}[{index}]") for index, item in enumerate(value)]
        # A pipe binds less tightly than the commas between elements.
        inner = ", ".join(item.placed(ALTERNATIVE) for item in items)
        return Expression(f"[{inner}]", TERM, fixed=all(item.is_fixed for item in items))
    raise DefinitionError(owner, argument, f"must be JSON, a task or an expression, not {checks.kind_of(value)}")


def literal(value: bool | int | float | str | None) -> Expression:
    """The value as it stands, even a text with `${` in it."""
    plain = checks.text("literal", "value", value) if isinstance(value, str) else value
    return Expression(spelled("literal", "value", plain), TERM, fixed=True)


def jq(program: str) -> Expression:
    """A jq program as an expression, for whatever the operators cannot say: `jq('$context["a"] | keys')`."""
    return Expression(checks.required("jq", "program", program), PIPE)


def secret_of_run(name: str) -> Expression:
    """A secret of the run's environment, `${.secrets.NAME}`. Its value is never in the workflow."""
    return _from_environment("secret", "secrets", name)


def env_var(name: str) -> Expression:
    """A variable of the run's environment, `${.env_vars.NAME}`."""
    return _from_environment("env_var", "env_vars", name)


def _from_environment(function: str, place: str, name: object) -> Expression:
    found = checks.required(function, "name", name)
    if not found.isidentifier() or not found.isascii():
        raise DefinitionError(function, "name", f'"{found}" must be letters, digits and _, not starting with a digit')
    return Expression(f".{place}.{found}", TERM)


def _bound(index: object) -> str:
    return "" if index is None else as_expression(index).jq


# Everything the workflow has at hand: what was set, results under task names, loop variables, the caught error.
data = Expression(".", TERM)
