"""YAML as people read and write it: block style, `|` for text of several lines, errors with their line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from apps.resources.kind import Json

WIDTH = 100
_TOKEN = re.compile(r'\["(?P<key>[^"]*)"\]|\[(?P<index>\d+)\]|(?P<name>[^.\[\]]+)')

# Two to ten times faster, where PyYAML was built with libyaml; large specs need it.
_BaseDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadYaml(ValueError):
    """Text that is no YAML; the message names line and column."""


class _Dumper(_BaseDumper):  # type: ignore[misc]  # one of two base classes, chosen above
    pass


class _Loader(_BaseLoader):  # type: ignore[misc]  # as above
    """Without dates: in JSON, which this becomes, `2026-05-01` is a string."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
    }


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
    """Raises BadYaml."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # _Loader is a safe loader
    except yaml.YAMLError as error:
        raise BadYaml(_sentence(error)) from error


def line_of(text: str, path: str) -> int:
    """The line, from 1, of the deepest part of `path` that `text` has; 0 when it has none of it."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return 0
    line = 0
    for token in _TOKEN.finditer(path):
        step = _child(node, token)
        if step is None:
            break
        marked, node = step
        line = marked.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, token: re.Match[str]) -> tuple[yaml.Node, yaml.Node] | None:
    """(node that marks the place, node to go on from)."""
    if isinstance(node, yaml.SequenceNode) and token["index"] is not None:
        index = int(token["index"])
        return (node.value[index], node.value[index]) if index < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        wanted = next(part for part in (token["key"], token["index"], token["name"]) if part is not None)
        return next(((key, value) for key, value in node.value if key.value == wanted), None)
    return None


def _sentence(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or 'cannot be read'}"
    return f"cannot be read: {error}"
