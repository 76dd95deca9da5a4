"""config.yaml: reading it with the line of each value. Imported only where the file exists (yaml takes 10 ms)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

import yaml

from apps.backends.config.keys import BY_PATH, KEYS, SECTIONS, Key
from apps.backends.config.values import Value
from apps.backends.errors import BadValue, BrokenFile, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Iterator


class Entry(NamedTuple):
    key: Key
    value: Value
    line: int


def read_file(path: str) -> list[Entry]:
    """What the file sets. Raises BrokenFile, UnknownKey, BadValue, each with file and line."""
    return entries(read_text(path), path)


def read_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise BrokenFile(
            f"is not text in UTF-8 (byte {error.start})", file=path, hint="Save it as UTF-8, or move it away"
        ) from None
    except OSError as error:
        raise BrokenFile(
            f"cannot be read: {(error.strerror or str(error)).lower()}",
            file=path,
            hint="Move it away, or make it a file that you may read",
        ) from None


def entries(text: str, path: str) -> list[Entry]:
    root = parse(text, path)
    return [] if root is None else list(_walk(root, "", path))


def parse(text: str, path: str) -> yaml.MappingNode | None:
    """The document's node tree; None when it is empty."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"column {mark.column + 1}: " if mark else ""
        raise BrokenFile(
            f"{where}not valid YAML: {error.problem or error.context}", file=path, line=mark.line + 1 if mark else 0
        ) from None
    except yaml.YAMLError as error:
        raise BrokenFile(f"not valid YAML: {error}", file=path) from None
    if root is None or is_null(root):
        return None
    if not isinstance(root, yaml.MappingNode):
        raise BrokenFile("must be a mapping that begins with `backend:`", file=path, line=line_of(root))
    return root


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def unknown_key(path: str, *, file: str = "", line: int = 0) -> UnknownKey:
    """With the known key that looks most like it as the hint."""
    known = [key.path for key in KEYS if key.in_file and not key.is_for_the_cloud]
    sections = {section for section in SECTIONS if any(each.startswith(f"{section}.") for each in known)}
    close = difflib.get_close_matches(path, [*known, *sections], n=1)
    hint = f"Did you mean `{close[0]}`?" if close else "`stigmer config list` shows every key"
    return UnknownKey(f"unknown key `{path}`", key=path, file=file, line=line, hint=hint)


def _walk(mapping: yaml.MappingNode, prefix: str, file: str) -> Iterator[Entry]:
    seen: set[str] = set()
    for name_node, node in mapping.value:
        path = prefix + str(name_node.value)
        line = line_of(name_node)
        if path in seen:
            raise BadValue(f"`{path}` is given twice", key=path, file=file, line=line)
        seen.add(path)
        if path in SECTIONS:
            if isinstance(node, yaml.MappingNode):
                yield from _walk(node, path + ".", file)
            elif not is_null(node):
                raise BadValue(f"`{path}` must be a mapping of settings", key=path, file=file, line=line)
        elif path in BY_PATH and BY_PATH[path].in_file:
            if not is_null(node):
                yield _entry(BY_PATH[path], node, file, line)
        else:
            raise unknown_key(path, file=file, line=line)


def _entry(key: Key, node: yaml.Node, file: str, line: int) -> Entry:
    if not isinstance(node, yaml.ScalarNode):
        raise BadValue(f"`{key.path}` must be a single value ({key.type.name})", key=key.path, file=file, line=line)
    try:
        # The scalar as written: a version 1.10 must not become the number 1.1.
        return Entry(key, key.type.parse(node.value), line)
    except ValueError as error:
        raise BadValue(f"`{key.path}` {error}", key=key.path, file=file, line=line) from None
