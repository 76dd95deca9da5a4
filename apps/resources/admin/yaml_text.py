"""YAML as people read and write it: block style, `|` for text of several lines, errors with their line.

Read as the command line reads its files: the same text means the same in both.
"""

from __future__ import annotations

import math
from typing import Any

import yaml

from apps.resources.json_value import Json
from apps.yaml_text.errors import BadYaml, Position
from apps.yaml_text.locate import line_of as line_of_node
from apps.yaml_text.tree import Items, Mapping, Node, plain, read_documents, resolve

WIDTH = 100

# Two to ten times faster, where PyYAML was built with libyaml; large specs need it.
_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BaseDumper):  # type: ignore[misc]  # one of two base classes, chosen above
    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> Any:  # Any: PyYAML's own
        """Quotes text that would be read as something else, which PyYAML knows only of YAML 1.1."""
        found = super().resolve(kind, value, implicit)
        is_plain_text = kind is yaml.ScalarNode and implicit[0] and found == "tag:yaml.org,2002:str"
        return "quoted" if is_plain_text and not isinstance(resolve(value), str) else found


def _text(dumper: Any, value: str) -> yaml.Node:  # Any: the dumper is one of two classes
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)
    return node


_Dumper.add_representer(str, _text)


def to_yaml(value: Json) -> str:
    """`value` in block style; empty text for nothing."""
    if value in (None, {}, []):
        return ""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH))


def from_yaml(text: str) -> Json:
    """What the one document of `text` says; None when it has none. Raises BadYaml."""
    node = _read(text)
    return None if node is None else plain(node)


def line_of(text: str, path: str) -> int:
    """The line, from 1, of `path` in `text`, or of its nearest parent there is; 0 when there is no text."""
    try:
        node = _read(text)
    except BadYaml:
        return 0
    return 0 if node is None else line_of_node(node, path)


def _read(text: str) -> Node | None:
    documents = list(read_documents(text.encode(), _refuse))
    if len(documents) > 1:
        raise BadYaml(documents[1].position, "a second document: there can be one")
    for node in documents:
        _check_numbers(node)
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
