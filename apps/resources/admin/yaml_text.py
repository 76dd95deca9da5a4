"""YAML as people read and write it: block style, `|` for text of several lines, errors with their line.

Read as the command line reads its files: the same text means the same in both.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from apps.resources.json_value import Json
from apps.yaml_text.dump import dump
from apps.yaml_text.errors import BadYaml, Position
from apps.yaml_text.locate import line_of as line_of_node
from apps.yaml_text.tree import Items, Mapping, Node, plain, read_documents


def to_yaml(value: Json) -> str:
    """`value` in block style; empty text for nothing."""
    if value in (None, {}, []):
        return ""
    return dump(value)


def from_yaml(text: str) -> Json:
    """What the one document of `text` says; None when it has none. Raises BadYaml."""
    node = read_node(text, _refuse)
    if node is None:
        return None
    _check_numbers(node)
    return plain(node)


def line_of(text: str, path: str) -> int:
    """The line, from 1, of `path` in `text`, or of its nearest parent there is; 0 when there is no text."""
    try:
        node = read_node(text, _refuse)
    except BadYaml:
        return 0
    return 0 if node is None else line_of_node(node, path)


def read_node(text: str, report: Callable[[Position, str], None]) -> Node | None:
    """The one document of `text`; None when it has none. What is wrong goes to `report`, or ends it with BadYaml."""
    documents = list(read_documents(text.encode(), report))
    for another in documents[1:]:
        report(another.position, "a second document: there can be one")
    return documents[0] if documents else None


def _refuse(position: Position, why: str) -> None:
    raise BadYaml(position, why)


def _check_numbers(node: Node) -> None:
    """JSON, which this becomes, knows neither NaN nor infinity."""
    if isinstance(node, Mapping):
        for _, child in node.entries.values():
            _check_numbers(child)
    elif isinstance(node, Items):
        for child in node.items:
            _check_numbers(child)
    elif isinstance(node.value, float) and not math.isfinite(node.value):
        raise BadYaml(node.position, "must be a finite number")
