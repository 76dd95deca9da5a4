"""YAML nodes to protobuf messages, driven by the descriptors of the contract.

Every problem is reported with its place and field path, and reading goes on, so that one run shows all of
them. Fields may be written in camelCase or snake_case; keys inside a Struct are kept as written.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from apps.shared.message_json import is_map
from apps.yaml_text.tree import Items, Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

    from apps.yaml_text.errors import Position
    from apps.yaml_text.tree import Node

    Report: TypeAlias = Callable[[Position, str, str], None]

# Protobuf readers stop at 100 nested messages; a level of a Struct takes three of them.
MAX_WIRE_DEPTH = 95
# JSON numbers are doubles: beyond this, neighbours are the same number.
LARGEST_EXACT = 2**53
# Of a value shown in an error.
LONGEST_QUOTE = 40
STRUCT = "google.protobuf.Struct"
VALUE = "google.protobuf.Value"
TIMES = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration"})


class MessageReader:
    """Fills messages from nodes. `report(position, field path, text)` is told everything that is wrong."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def fill(self, message: Any, node: Node, path: str = "", depth: int = 1) -> None:
        """Fills a generated message, `depth` messages below the outermost. Any: generated classes differ."""
        name = message.DESCRIPTOR.full_name
        if depth > MAX_WIRE_DEPTH:
            self.report(node.position, path, "is nested too deeply to be sent")
        elif name == VALUE:
            self.value(message, node, path, depth)
        elif name in TIMES:
            self.time(message, node, path)
        elif not isinstance(node, Mapping):
            self.report(node.position, path, f"must be a mapping, found {describe(node)}")
        elif name == STRUCT:
            self.struct(message, node, path, depth)
        else:
            self.fields(message, node, path, depth)

    def fields(self, message: Any, node: Mapping, path: str, depth: int) -> None:
        """An ordinary message: one field after the other."""
        known = fields_by_key(message.DESCRIPTOR)
        seen: dict[str, str] = {}
        for key, (position, child) in node.entries.items():
            field = known.get(key)
            if field is None:
                self.report(position, _join(path, key), _unknown_field(key, message.DESCRIPTOR))
            elif not _is_null(child):
                here = _join(path, field.name)
                clash = _clash(field, key, seen)
                if clash:
                    self.report(position, here, clash)
                else:
                    self.field(message, field, child, here, depth)

    def field(self, message: Any, field: FieldDescriptor, node: Node, path: str, depth: int) -> None:
        if is_map(field):
            self.map(getattr(message, field.name), field, node, path, depth)
        elif field.is_repeated:
            self.repeated(getattr(message, field.name), field, node, path, depth)
        elif field.message_type is not None:
            child = getattr(message, field.name)
            child.SetInParent()
            self.fill(child, node, path, depth + 1)
        elif (value := self.scalar(field, node, path)) is not None:
            setattr(message, field.name, value)

    def repeated(self, target: Any, field: FieldDescriptor, node: Node, path: str, depth: int) -> None:
        if not isinstance(node, Items):
            self.report(node.position, path, f"must be a list, found {describe(node)}")
            return
        for index, item in enumerate(node.items):
            here = f"{path}[{index}]"
            if field.message_type is not None:
                self.fill(target.add(), item, here, depth + 1)
            elif (value := self.scalar(field, item, here)) is not None:
                target.append(value)

    def map(self, target: Any, field: FieldDescriptor, node: Node, path: str, depth: int) -> None:
        """A map field. Its keys are text throughout the contract."""
        if not isinstance(node, Mapping):
            self.report(node.position, path, f"must be a mapping, found {describe(node)}")
            return
        value_field = _entry(field).fields_by_name["value"]
        for key, (_, child) in node.entries.items():
            here = f'{path}["{key}"]'
            if value_field.message_type is not None:
                # Looking a key up adds it: an entry without content is an entry all the same.
                entry = target[key]
                if not _is_null(child):
                    self.fill(entry, child, here, depth + 2)
            elif (value := self.scalar(value_field, child, here)) is not None:
                target[key] = value

    def scalar(self, field: FieldDescriptor, node: Node, path: str) -> Any:
        """The value for a field of text, number, truth or enum; None when it was refused."""
        if not isinstance(node, Scalar):
            self.report(node.position, path, f"must be {_wanted(field)}, found {describe(node)}")
            return None
        if field.enum_type is not None:
            return self.enum(field.enum_type, node, path)
        value, complaint = READERS[field.cpp_type](field, node)
        if complaint:
            self.report(node.position, path, complaint)
            return None
        return value

    def enum(self, enum_type: EnumDescriptor, node: Scalar, path: str) -> int | None:
        """A value by name, with or without the prefix of its type and in any case, or by number."""
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            if node.value in enum_type.values_by_number:
                return node.value
        elif (number := enum_names(enum_type).get(_upper(node.text))) is not None:
            return number
        names = [name for name, number in _short_names(enum_type) if number]
        self.report(node.position, path, f"unknown value {node.text!r}{suggestion(node.text, names)}")
        return None

    def time(self, message: Any, node: Node, path: str) -> None:
        try:
            message.FromJsonString(node.text if isinstance(node, Scalar) else "")
        except ValueError:
            example = "2026-01-31T12:00:00Z" if message.DESCRIPTOR.name == "Timestamp" else "30s"
            self.report(node.position, path, f"must be a time like {example}, found {describe(node)}")

    def struct(self, message: Any, node: Mapping, path: str, depth: int) -> None:
        """Free-form content. Its entries are messages too, hence the depth."""
        for key, (_, child) in node.entries.items():
            here = _join(path, key) if key.isidentifier() else f'{path}["{key}"]'
            self.fill(message.fields[key], child, here, depth + 2)

    def value(self, message: Any, node: Node, path: str, depth: int) -> None:
        """Any JSON value."""
        if isinstance(node, Mapping):
            message.struct_value.SetInParent()
            self.fill(message.struct_value, node, path, depth + 1)
        elif isinstance(node, Items):
            message.list_value.SetInParent()
            for index, item in enumerate(node.items):
                self.fill(message.list_value.values.add(), item, f"{path}[{index}]", depth + 2)
        elif node.value is None:
            message.null_value = 0
        elif isinstance(node.value, bool):
            message.bool_value = node.value
        elif isinstance(node.value, str):
            message.string_value = node.value
        elif complaint := _not_exact(node.value):
            self.report(node.position, path, complaint)
        else:
            message.number_value = node.value


def describe(node: Node) -> str:
    """A node, for the end of "must be ..., found": `the number 5`."""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, str):
        return f"the text {_shorten(node.value)!r}"
    return f"the {'truth value' if isinstance(node.value, bool) else 'number'} {_shorten(node.text)}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the nearest of `known`, else all of them."""
    from difflib import get_close_matches  # only on the way to an error

    names = list(known)
    close = get_close_matches(_upper(word), [_upper(name) for name in names], n=1)
    if close:
        nearest = next(name for name in names if _upper(name) == close[0])
        return f'; did you mean "{nearest}"?'
    return f"; known are {', '.join(names)}"


@cache
def fields_by_key(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    """Fields under both ways of writing their names."""
    fields = {field.camelcase_name: field for field in descriptor.fields}
    return fields | {field.name: field for field in descriptor.fields}


@cache
def enum_names(enum_type: EnumDescriptor) -> dict[str, int]:
    """Numbers by name, in capitals, with and without the prefix. `unspecified` is not something to write."""
    names = {_upper(name): number for name, number in _short_names(enum_type)}
    names |= {_upper(value.name): value.number for value in enum_type.values}
    return {name: number for name, number in names.items() if number}


def _short_names(enum_type: EnumDescriptor) -> list[tuple[str, int]]:
    """Names without what all names of the type begin with: `SET` for `WORKFLOW_TASK_KIND_SET`."""
    prefix = _upper(enum_type.name) + "_"
    values = enum_type.values
    if not all(_upper(value.name).startswith(prefix) for value in values if value.number):
        prefix = ""
    return [(value.name[len(prefix) :] if value.number else value.name, value.number) for value in values]


def _upper(name: str) -> str:
    """`AgentInstance`, `agent-instance` and `agent_instance` to `AGENT_INSTANCE`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").upper()


def _unknown_field(key: str, descriptor: Descriptor) -> str:
    return "unknown field" + suggestion(key, [field.name for field in descriptor.fields])


def _clash(field: FieldDescriptor, key: str, seen: dict[str, str]) -> str:
    """Why `field` cannot be set beside what was `seen`; empty when it can. `seen` learns it."""
    if field.name in seen:
        return f"stands here twice, as {seen[field.name]!r} and as {key!r}"
    seen[field.name] = key
    oneof = field.containing_oneof
    if oneof is None:
        return ""
    other = next((other.name for other in oneof.fields if other is not field and other.name in seen), None)
    if other is None or len(oneof.fields) == 1:
        return ""
    names = ", ".join(other.name for other in oneof.fields)
    return f"cannot stand beside {other!r}: only one of {names} may be set"


def _entry(field: FieldDescriptor) -> Descriptor:
    if field.message_type is None:
        raise TypeError(f"{field.full_name} is no map")
    return field.message_type


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."


def _not_exact(value: float) -> str:
    """Why a number cannot be kept as JSON; empty when it can."""
    if isinstance(value, int):
        return "" if abs(value) <= LARGEST_EXACT else "is too large to be kept exactly: write it in quotes"
    return "" if math.isfinite(value) else "must be a finite number: JSON knows neither NaN nor infinity"


Reading: TypeAlias = tuple[Any, str]


def _read_text(_: FieldDescriptor, node: Scalar) -> Reading:
    if isinstance(node.value, str):
        return node.value, ""
    if node.value is None:
        return None, "must be text, found nothing"
    return None, f'must be text, found {describe(node)}: write "{_shorten(node.text)}" in quotes'


def _read_bool(_: FieldDescriptor, node: Scalar) -> Reading:
    if isinstance(node.value, bool):
        return node.value, ""
    return None, f"must be true or false, found {describe(node)}"


def _read_integer(field: FieldDescriptor, node: Scalar) -> Reading:
    value = node.value
    low, high = RANGES[field.cpp_type]
    # JSON output writes 64-bit numbers as text, so that no reader rounds them.
    if isinstance(value, str) and high > 2**32 and re.fullmatch(r"-?[0-9]{1,20}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None, f"must be a whole number, found {describe(node)}"
    if not low <= value <= high:
        return None, f"must be a whole number from {low} to {high}, found {_shorten(node.text)}"
    return value, ""


def _read_float(_: FieldDescriptor, node: Scalar) -> Reading:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return None, f"must be a number, found {describe(node)}"
    complaint = _not_exact(node.value)
    return (None, complaint) if complaint else (float(node.value), "")


# By FieldDescriptor.cpp_type; the numbers are fixed by the descriptor format of protobuf.
INT32, INT64, UINT32, UINT64, DOUBLE, FLOAT, BOOL, STRING = 1, 2, 3, 4, 5, 6, 7, 9
RANGES = {
    INT32: (-(2**31), 2**31 - 1),
    INT64: (-(2**63), 2**63 - 1),
    UINT32: (0, 2**32 - 1),
    UINT64: (0, 2**64 - 1),
}
READERS: dict[int, Callable[[FieldDescriptor, Scalar], Reading]] = {
    **dict.fromkeys(RANGES, _read_integer),
    DOUBLE: _read_float,
    FLOAT: _read_float,
    BOOL: _read_bool,
    STRING: _read_text,
}
WANTED = {**dict.fromkeys(RANGES, "a whole number"), DOUBLE: "a number", FLOAT: "a number", BOOL: "true or false"}


def _wanted(field: FieldDescriptor) -> str:
    """What a scalar field takes."""
    return WANTED.get(field.cpp_type, "one name" if field.enum_type is not None else "text")
