"""YAML text to a small tree that remembers where everything stands.

Built from parser events, not from PyYAML's composer: that one recurses in C and takes the process
down with it when a file is nested deeply enough. Scalars follow the YAML 1.2 core schema, the one
that agrees with JSON: `yes`, `on`, dates and `22:22` are text, `010` is text too because readers disagree on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from apps.yaml_text.errors import BadYaml, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DEPTH = 100
# Counted after aliases are followed, so that a file of 1 kB cannot stand for a gigabyte.
MAX_NODES = 1_000_000

STANDARD = "tag:yaml.org,2002:"
CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})")
PREFIXED_INTEGER = re.compile(r"0o[0-7]{1,99}|0x[0-9a-fA-F]{1,99}")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

ScalarValue: TypeAlias = str | int | float | bool | None
Report: TypeAlias = "Callable[[Position, str], None]"


@dataclass(slots=True, eq=False)
class Scalar:
    """`text` is what stands in the file; `value` what it means."""

    position: Position
    value: ScalarValue
    text: str
    size: int = 1
    depth: int = 1


@dataclass(slots=True, eq=False)
class Items:
    """A YAML sequence. `size` counts all nodes below, aliases followed."""

    position: Position
    items: list[Node] = field(default_factory=list)
    size: int = 1
    depth: int = 1


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys in the order of the file, each with the place where the key stands."""

    position: Position
    entries: dict[str, tuple[Position, Node]] = field(default_factory=dict)
    size: int = 1
    depth: int = 1


Node: TypeAlias = Scalar | Items | Mapping


def read_documents(data: bytes, report: Report) -> Iterator[Node]:
    """Every document of `data` in turn; empty ones are left out.

    What leaves the rest readable (a duplicate key, a key that is not text, an unknown tag) goes to
    `report`. Raises BadYaml for everything else.
    """
    import yaml  # 15 ms: only for those who read YAML

    try:
        # A name for pure Python builds of PyYAML; both loaders give the same events.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(data)
        try:
            yield from _Composer(loader, report).documents()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _broken(error, data) from None
    except yaml.reader.ReaderError as error:
        raise BadYaml(_position_of(data, error.position), f"this is not YAML: {error.reason}") from None


class _Composer:
    def __init__(self, loader: Any, report: Report) -> None:
        # Any: PyYAML's C loader has no type stubs.
        self.loader = loader
        self.report = report
        self.anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        """Reads event by event; a document is handed out before the next is read."""
        while (event := self.next_event()) is not None:
            if type(event).__name__ != "DocumentStartEvent":
                continue
            self.anchors = {}
            node = self.node(self.next_event(), 1)
            if not (isinstance(node, Scalar) and node.value is None):
                yield node

    def next_event(self) -> Any:  # a yaml.Event, or None at the end
        return self.loader.get_event()

    def node(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`."""
        position = _position(event)
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self.alias(event, position)
        if depth > MAX_DEPTH:
            raise BadYaml(position, f"nested more than {MAX_DEPTH} levels deep")
        node: Node
        if kind == "ScalarEvent":
            node = self.scalar(event, position)
        elif kind == "SequenceStartEvent":
            node = self.items(event, position, depth)
        else:
            node = self.mapping(event, position, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: Any, position: Position) -> Node:
        """The node meant. One that is still being read is not known yet, so nothing can contain itself."""
        try:
            return self.anchors[event.anchor]
        except KeyError:
            raise BadYaml(position, f"the alias *{event.anchor} refers to nothing above it") from None

    def scalar(self, event: Any, position: Position) -> Scalar:
        text: str = event.value
        tag: str | None = event.tag
        plain, quoted = event.implicit
        if plain:
            return Scalar(position, resolve(text), text)
        if quoted or tag in {"!", STANDARD + "str"}:
            return Scalar(position, text, text)
        value = resolve(text)
        if tag != STANDARD + _type_name(value):
            self.report(position, f"the tag {_short(tag)} is not supported here")
        return Scalar(position, value, text)

    def items(self, event: Any, position: Position, depth: int) -> Items:
        self.check_tag(event, position, "seq")
        node = Items(position)
        while type(event := self.next_event()).__name__ != "SequenceEndEvent":
            child = self.node(event, depth + 1)
            node.items.append(child)
            self.grow(node, child)
        return node

    def mapping(self, event: Any, position: Position, depth: int) -> Mapping:
        self.check_tag(event, position, "map")
        node = Mapping(position)
        merged: list[tuple[Position, Node]] = []
        while type(event := self.next_event()).__name__ != "MappingEndEvent":
            key = self.node(event, depth + 1)
            child = self.node(self.next_event(), depth + 1)
            self.grow(node, child)
            if isinstance(key, Scalar) and key.text == "<<" and getattr(event, "style", None) in {None, ""}:
                merged.append((key.position, child))
            else:
                self.add(node, key, child)
        for place, source in merged:
            self.merge(node, place, source)
        return node

    def add(self, node: Mapping, key: Node, child: Node) -> None:
        """Puts a key into `node`, unless it is one that cannot be."""
        if not isinstance(key, Scalar):
            self.report(key.position, "a key must be text, not a list or a mapping")
        elif not isinstance(key.value, str):
            self.report(key.position, f'a key must be text: write "{key.text}" in quotes')
        elif key.value in node.entries:
            first = node.entries[key.value][0].line
            self.report(key.position, f"the key {key.value!r} stands here a second time, first in line {first}")
        else:
            node.entries[key.value] = (key.position, child)

    def merge(self, node: Mapping, place: Position, source: Node) -> None:
        """`<<: *defaults`: keys of `source` that `node` does not have itself."""
        for part in source.items if isinstance(source, Items) else [source]:
            if not isinstance(part, Mapping):
                self.report(place, "`<<` takes a mapping or a list of mappings")
                continue
            for key, entry in part.entries.items():
                node.entries.setdefault(key, entry)

    def check_tag(self, event: Any, position: Position, name: str) -> None:
        if event.tag not in {None, "!", STANDARD + name}:
            self.report(position, f"the tag {_short(event.tag)} is not supported here")

    def grow(self, node: Items | Mapping, child: Node) -> None:
        node.size += child.size
        node.depth = max(node.depth, child.depth + 1)
        if node.size > MAX_NODES:
            raise BadYaml(node.position, f"more than {MAX_NODES:,} values once aliases are followed")
        if node.depth > MAX_DEPTH:
            raise BadYaml(node.position, f"nested more than {MAX_DEPTH} levels deep through aliases")


def plain(node: Node) -> Any:  # Any: whatever JSON can say, and NaN
    """Values only, as of JSON."""
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    return node.value


def resolve(text: str) -> ScalarValue:
    """What an unquoted scalar means in the YAML 1.2 core schema."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if PREFIXED_INTEGER.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text):
        return float(text)
    if NOT_FINITE.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def _type_name(value: ScalarValue) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}
    return names[type(value)]


def _short(tag: str | None) -> str:
    return str(tag).replace(STANDARD, "!!")


def _position(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def _position_of(data: bytes, offset: int) -> Position:
    """Line and column of a byte."""
    before = data[:offset]
    return Position(before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1)


def _broken(error: Any, data: bytes) -> BadYaml:
    """A yaml.MarkedYAMLError in our words."""
    lines = data.split(b"\n")
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark and mark.line < len(lines)]
    end = Position(len(lines), len(lines[-1]) + 1)
    position = Position(marks[0].line + 1, marks[0].column + 1) if marks else end
    before = lines[position.line - 1][: position.column]
    if "cannot start any token" in str(error.problem) and b"\t" in before:
        return BadYaml(position, "a tab stands where spaces are needed", hint="Indent YAML with spaces only")
    context = ""
    if error.context_mark:
        line = min(error.context_mark.line + 1, len(lines))
        context = f" ({error.context} that begins in line {line})"
    return BadYaml(position, f"this is not YAML: {error.problem}{context}")
