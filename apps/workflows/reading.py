"""Reading a definition: plain data in, typed values and a list of everything wrong with it out.

Forgiving about what the wire does to a definition (camelCase keys, numbers as floats, defaults left out), strict about
everything else: a field nobody knows is a mistake, not a wish to be ignored. What the contract refuses is refused here:
nobody else judges a task's config.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from apps.shared.numbers import whole_numbers
from apps.workflows.definition import FieldProblem
from apps.workflows.expressions import (
    Condition,
    ExpressionError,
    Program,
    Template,
    compile_condition,
    compile_expression,
    compile_template,
    map_strings,
)
from apps.workflows.expressions.errors import shorten
from apps.workflows.values import Json, to_text, type_name

Compiled = TypeVar("Compiled")

EMPTY = compile_template("")


@dataclass
class Findings:
    """What reading collects on the side."""

    problems: list[FieldProblem] = field(default_factory=list)
    programs: list[tuple[str, Program]] = field(default_factory=list)
    """Every expression with the path of its field, for those who want jq to compile them too."""


@dataclass(frozen=True)
class Reader:
    """A value of the definition at `path`; None stands for an absent one."""

    value: Json
    path: str
    findings: Findings

    def complain(self, message: str) -> None:
        self.findings.problems.append(FieldProblem(self.path, message))

    def fields(self, *known: str) -> "dict[str, Reader]":
        """A reader for each known field of an object, absent ones included. Accepts snake_case and camelCase."""
        if self.value is not None and not isinstance(self.value, dict):
            self.complain(f"must be an object, this is of type {type_name(self.value)}")
            return replace(self, value=None, findings=Findings()).fields(*known)  # what it lacks goes without saying
        names = {spelling: name for name in known for spelling in (name, _camel_case(name))}
        values: dict[str, Json] = {}
        for key, value in (self.value or {}).items():
            name = names.get(key)
            if name is None:
                self.child(str(key)).complain(f"unknown field; known are {', '.join(known)}")
            elif name in values:
                self.child(name).complain("is given twice, in both spellings")
            else:
                values[name] = value
        return {name: self.child(name, values.get(name)) for name in known}

    def required(self) -> "Reader":
        """Itself. Absent, it is complained of, and what would have to be in it is not."""
        if self.value is not None:
            return self
        self.complain("is required")
        return replace(self, findings=Findings())

    def child(self, name: str, value: Json = None) -> "Reader":
        return Reader(value, f"{self.path}.{name}", self.findings)

    def items(self, *, at_least: int = 1) -> "list[Reader]":
        """A reader for each item of a list."""
        if self.value is not None and not isinstance(self.value, list):
            self.complain(f"must be a list, this is of type {type_name(self.value)}")
            return []
        items = self.value or []
        if len(items) < at_least:
            self.complain(f"needs at least {at_least}, got {len(items)}")
        return [Reader(item, f"{self.path}[{index}]", self.findings) for index, item in enumerate(items)]

    def text(self, *, required: bool = True, longest: int = 0) -> str:
        """Plain text without expressions."""
        value = "" if self.value is None else self.value
        if not isinstance(value, str):
            self.complain(f"must be text, this is of type {type_name(value)}")
            return ""
        if required and not value:
            self.complain("is required")
        if longest and len(value) > longest:
            self.complain(f"must have at most {longest} characters, it has {len(value)}")
        return value

    def template(self, *, required: bool = True, longest: int = 0) -> Template:
        """Text that may hold expressions."""
        return self._compiled(compile_template, required=required, longest=longest) or EMPTY

    def program(self) -> Program | None:
        """An expression."""
        return self._compiled(compile_expression)

    def condition(self) -> Condition | None:
        """The `when` of a case; None when it is absent or empty."""
        return self._compiled(compile_condition, required=False)

    def template_map(self, *, of_any_type: bool = False) -> dict[str, Template]:
        """An object whose values are text that may hold expressions; `of_any_type`: whose values may be of any type."""
        templates = {}
        for name, reader in self.entries().items():
            if isinstance(reader.value, str):
                templates[name] = reader.template(required=False)
            else:
                reader.complain(_no_text(whole_numbers(reader.value), of_any_type=of_any_type))
                templates[name] = EMPTY
        return templates

    def entries(self) -> "dict[str, Reader]":
        """A reader for each entry of an object with free keys."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.complain(f"must be an object, this is of type {type_name(self.value)}")
            return {}
        return {str(key): self.child(str(key), value) for key, value in self.value.items()}

    def data(self) -> Json:
        """Any JSON value whose strings may hold expressions: whole floats become ints, strings become Templates."""
        return map_strings(whole_numbers(self.value), lambda text: self._compile(compile_template, text) or EMPTY)

    def object_data(self) -> Json:
        """As `data`, of an object; None when absent."""
        if self.value is not None and not isinstance(self.value, dict):
            self.complain("must be an object")
        return self.data()

    def integer(self, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number, as a number or as its digits. Zero is what the wire leaves out, so it means absent."""
        value = self.value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if value in (None, 0) and not isinstance(value, bool):
            if default is not None:
                return default
            self.complain("is required")
            return least
        if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
            self.complain("must be a whole number")
            return least
        if not least <= value <= most:
            self.complain(f"must be between {least} and {most}, got {int(value)}")
        return int(value)

    def number(self, *, least: float, most: float) -> float | None:
        """A number; None when absent."""
        value = self.value
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.complain(f"must be a number between {least:g} and {most:g}")
            return None
        return float(value)

    def boolean(self) -> bool:
        if self.value is None or isinstance(self.value, bool):
            return bool(self.value)
        self.complain("must be true or false")
        return False

    def one_of(self, *choices: str) -> str:
        """One of a few words."""
        value = self.text()
        if value in choices:
            return value
        if value:
            self.complain(f"must be one of {', '.join(choices)}, got {value}")
        return choices[0]

    def _compiled(
        self, compile_: Callable[[str], Compiled], *, required: bool = True, longest: int = 0
    ) -> Compiled | None:
        text = self.text(required=required, longest=longest)
        return self._compile(compile_, text) if text else None

    def _compile(self, compile_: Callable[[str], Compiled], text: str) -> Compiled | None:
        try:
            compiled = compile_(text)
        except ExpressionError as error:
            self.complain(str(error))
            return None
        if isinstance(compiled, Template):
            self.findings.programs.extend((self.path, program) for program in compiled.programs())
        elif isinstance(compiled, Condition):
            self.findings.programs.append((self.path, compiled.program))
        elif isinstance(compiled, Program):
            self.findings.programs.append((self.path, compiled))
        return compiled


def _no_text(value: Json, *, of_any_type: bool) -> str:
    """What is said of a value that should be text, with how it is written."""
    written = shorten(to_text(value), 40)
    as_text = '""' if value is None else f'"{written}"'
    ways = [] if isinstance(value, list | dict) else [f"{as_text} for a text"]
    if of_any_type:
        ways.append(f'"${{ {written} }}" for the value itself')
    way_out = f"; write {' or '.join(ways)}" if ways else ""
    return f"must be text, this is of type {type_name(value)}{way_out}"


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
