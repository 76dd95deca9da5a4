"""Writing one key of config.yaml: 0600, as a whole or not at all, comments and order kept.

The text is edited in place and read again; where that does not give what was asked for (flow mappings
and anchors in odd places), the file is written anew from its values and loses its comments.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import yaml

from apps.backends.config.file import entries, is_null, parse, read_text
from apps.backends.config.load import find_file_key
from apps.backends.errors import BadValue, BrokenFile, ConfigError

if TYPE_CHECKING:
    from apps.backends.config.keys import Key
    from apps.backends.config.values import Value


def set_value(config_path: str, path: str, text: str) -> bool:
    """Set the key to what `text` says. False when that cost the file its comments.

    Raises UnknownKey, BadValue, BrokenFile; nothing is changed then.
    """
    key = find_file_key(path)
    try:
        value = key.type.parse(text)
    except ValueError as error:
        raise BadValue(f"`{path}` {error}", key=path, hint=_advice(key)) from None
    before = read_text(config_path) if os.path.lexists(config_path) else ""
    wanted = _values(before, config_path) | {path: value}
    written = text.strip() if isinstance(value, str) else value  # `~/data` stays `~/data`
    after = _edited(before, config_path, key, _scalar(written))
    kept = _reads_as(after, config_path, wanted)
    if not kept:
        after = _dumped(before, config_path, {path: written})
    _write(config_path, after)
    return kept or "#" not in before


def _advice(key: Key) -> str:
    """What would be right."""
    if key.example:
        return f"For example: `stigmer config set {key.path} {key.example}`"
    return f"`{key.path}` takes: {key.type.name}"


def _values(text: str, file: str) -> dict[str, Value]:
    return {entry.key.path: entry.value for entry in entries(text, file)}


def _reads_as(text: str, file: str, wanted: dict[str, Value]) -> bool:
    try:
        return _values(text, file) == wanted
    except ConfigError:
        return False


def _scalar(value: Value) -> str:
    dumped: str = yaml.safe_dump(value, width=10_000, allow_unicode=True)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _edited(text: str, file: str, key: Key, scalar: str) -> str:
    """The text with this one value replaced or added."""
    root = parse(text, file)
    names = key.path.split(".")
    if root is None:
        return text + ("" if not text or text.endswith("\n") else "\n") + _block(names, scalar, 0)
    mapping = root
    for depth, name in enumerate(names):
        node = next((value for found, value in mapping.value if found.value == name), None)
        if node is None:
            return _added(text, mapping, names[depth:], scalar)
        if isinstance(node, yaml.MappingNode):
            mapping = node
        elif depth == len(names) - 1:
            return _replaced(text, node, scalar)
        else:  # `cloud:` with nothing behind it
            inside = "{" + "".join(f"{below}: {{" for below in names[depth + 1 : -1])
            return _replaced(text, node, f"{inside}{names[-1]}: {scalar}" + "}" * (len(names) - depth - 1))
    return text


def _replaced(text: str, node: yaml.Node, scalar: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if is_null(node) and start == end and text[start - 1 : start] == ":" else ""
    return text[:start] + space + scalar + text[end:]


def _added(text: str, mapping: yaml.MappingNode, names: list[str], scalar: str) -> str:
    if mapping.flow_style:
        position = mapping.end_mark.index - 1
        comma = ", " if mapping.value else ""
        inside = "".join(f"{name}: {{" for name in names[:-1]) + f"{names[-1]}: {scalar}" + "}" * (len(names) - 1)
        return text[:position].rstrip() + comma + inside + text[position:]
    # Right behind the last entry's own line, so that comments below it stay where they are.
    last = mapping.value[-1][1]
    while isinstance(last, yaml.MappingNode) and not last.flow_style and last.value:
        last = last.value[-1][1]
    position = text.find("\n", last.end_mark.index)
    block = _block(names, scalar, mapping.start_mark.column)
    if position < 0:
        return f"{text}\n{block}"
    return text[: position + 1] + block + text[position + 1 :]


def _block(names: list[str], scalar: str, indent: int) -> str:
    lines = [" " * (indent + 2 * depth) + name + ":" for depth, name in enumerate(names)]
    return "\n".join(lines) + f" {scalar}\n"


def _dumped(text: str, file: str, changes: dict[str, Value]) -> str:
    """The whole file from its values as written, without comments."""
    tree: dict[str, Any] = yaml.safe_load(text) or {}  # Any: YAML
    if not isinstance(tree, dict):
        raise BrokenFile("must be a mapping that begins with `backend:`", file=file)
    for path, value in changes.items():
        *sections, name = path.split(".")
        place = tree
        for section in sections:
            if not isinstance(place.get(section), dict):
                place[section] = {}
            place = place[section]
        place[name] = value
    dumped: str = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    return dumped


def _write(path: str, text: str) -> None:
    directory = os.path.dirname(path)
    # A link (to somebody's dotfiles) stays one: its target is replaced.
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.new"
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise BrokenFile(
            f"cannot be written: {(error.strerror or str(error)).lower()}",
            file=path,
            hint="Make it writable, or keep it elsewhere: `export STIGMER_HOME=DIR`",
        ) from None
