"""Writing one key of config.yaml, or taking it out: 0600, as a whole or not at all; comments, order and quotes stay.

ruamel.yaml keeps what people wrote. It is slow to import, so only `config set` and `unset` may load this module.
"""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.tokens import CommentToken
from yaml import MappingNode

from apps.backends.config.file import entries, parse, read_text
from apps.backends.config.load import find_file_key
from apps.backends.errors import BadValue, BrokenFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.config.keys import Key
    from apps.backends.config.values import Value

NEVER_FOLDED = 10_000
# What stands before the document: ruamel.yaml drops it.
HEAD = re.compile(r"(?:(?:[%#].*|[ \t]*)\n)*---[ \t]*\n")
COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
# Where ruamel.yaml keeps the comment behind a value, and the lines below it.
BEHIND = 2


def set_value(config_path: str, path: str, text: str) -> bool:
    """Set the key to what `text` says. False when that cost the file a comment (inside of `{}` they cannot be kept).

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
    after = _changed(before, config_path, path.split("."), written)
    if _values(after, config_path) != wanted:
        raise _unchangeable(config_path, "the layout of the file is too unusual")
    _write(config_path, after)
    return set(COMMENT.findall(before)) <= set(COMMENT.findall(after))


def unset_value(config_path: str, path: str) -> bool | None:
    """Take the key out of the file, and the sections that are empty then. None when it is not there.

    Else as `set_value`.
    """
    find_file_key(path)
    before = read_text(config_path) if os.path.lexists(config_path) else ""
    wanted = _values(before, config_path)
    if wanted.pop(path, None) is None:
        return None
    after = _without(before, config_path, path.split("."))
    if _values(after, config_path) != wanted:
        raise _unchangeable(config_path, "the layout of the file is too unusual")
    _write(config_path, after)
    return _lines_of_comments(before) <= _lines_of_comments(after)


def _lines_of_comments(text: str) -> set[str]:
    """Those that stand by themselves; one behind a value goes with it."""
    return {line for line in text.splitlines() if line.lstrip().startswith("#")}


def _advice(key: Key) -> str:
    """What would be right."""
    if key.example:
        return f"For example: `stigmer config set {key.path} {key.example}`"
    return f"`{key.path}` takes: {key.type.name}"


def _values(text: str, file: str) -> dict[str, Value]:
    return {entry.key.path: entry.value for entry in entries(text, file)}


def _unchangeable(file: str, why: str) -> BrokenFile:
    return BrokenFile(f"cannot be changed: {why}", file=file, hint="Change it in an editor")


def _changed(text: str, file: str, names: list[str], value: Value) -> str:
    """`text` with this one value replaced or added."""
    return _rewritten(text, file, lambda tree: _put(tree, names, value))


def _without(text: str, file: str, names: list[str]) -> str:
    """`text` without this one value. Its lines are cut out: ruamel.yaml would take the comments below with it."""
    mapping, emptied, first, is_inline = parse(text, file), 0, 0, False
    for depth, name in enumerate(names):
        if not isinstance(mapping, MappingNode):
            raise _unchangeable(file, "the layout of the file is too unusual")
        key, value = next(pair for pair in mapping.value if pair[0].value == name)
        is_inline = is_inline or bool(mapping.flow_style)
        if depth == 0 or len(mapping.value) > 1:
            emptied, first = depth, key.start_mark.line
        mapping = value
    if is_inline:
        return _rewritten(text, file, lambda tree: _take(tree, names[: emptied + 1]))
    lines = text.splitlines(keepends=True)
    below = value.end_mark.line + (value.end_mark.column > 0)
    kept = [line for line in lines[first:below] if line.lstrip().startswith("#")]
    return "".join([*lines[:first], *kept, *lines[below:]])


def _rewritten(text: str, file: str, change: Callable[[CommentedMap], None]) -> str:
    head = found[0] if (found := HEAD.match(text)) else ""
    body = text.removeprefix(head)
    editor = _editor(body)
    try:
        tree = editor.load(body)
    except YAMLError as error:
        raise _unchangeable(file, str(error).partition("\n")[0]) from None
    if tree is None:  # there may be comments, which belong to nothing that could carry them
        head, tree = f"{text}\n" if text and not text.endswith("\n") else text, CommentedMap()
    change(tree)
    out = io.StringIO()
    editor.dump(tree, out)
    return head + out.getvalue()


def _take(mapping: CommentedMap, names: list[str]) -> None:
    for section in names[:-1]:
        mapping = mapping[section]
    del mapping[names[-1]]


def _editor(text: str) -> YAML:
    """Writes as `text` is written."""
    editor = YAML()
    editor.Emitter = _emitter(text)
    editor.preserve_quotes = True
    editor.width = NEVER_FOLDED
    indented = re.search(r"^( +)[^ #\n]", text, re.MULTILINE)
    editor.map_indent = len(indented[1]) if indented else None
    return editor


def _emitter(text: str) -> type[RoundTripEmitter]:
    lines = text.split("\n")

    class Emitter(RoundTripEmitter):
        def write_comment(self, comment: Any, pre: bool = False) -> None:  # Any: untyped there
            """Keeps the room before a comment where its line became longer or shorter."""
            mark = comment.start_mark
            if mark is not None and comment.value.startswith("#") and getattr(mark, "line", None) is not None:
                before = lines[mark.line][: mark.column]
                if before.strip():
                    comment.start_mark = CommentMark(self.column + len(before) - len(before.rstrip()))
            super().write_comment(comment, pre)

    return Emitter


def _put(mapping: CommentedMap, names: list[str], value: Value) -> None:
    *sections, name = names
    for section in sections:
        if mapping.get(section) is None:
            inner = CommentedMap()
            if section in mapping:  # `local:` with nothing behind it
                inner.fa.set_flow_style()
            _set(mapping, section, inner)
        mapping = mapping[section]
    _set(mapping, name, value)


def _set(mapping: CommentedMap, name: str, value: Value | CommentedMap) -> None:
    below = None if name in mapping else _taken_from_below(mapping)
    mapping[name] = None  # or the new value would get the quotes of the old one
    mapping[name] = value
    if below is not None:
        mapping.ca.items[name] = [None, None, below, None]


def _taken_from_below(mapping: CommentedMap) -> CommentToken | None:
    """The lines of comments below the last entry: they stay below when another entry is added."""
    while mapping:
        name = next(reversed(mapping))
        if not isinstance(mapping[name], CommentedMap) or not mapping[name] or mapping[name].fa.flow_style():
            break
        mapping = mapping[name]
    else:
        return None
    places = mapping.ca.items.get(name)
    if places is None or places[BEHIND] is None:
        return None
    behind, newline, below = places[BEHIND].value.partition("\n")
    if not below:
        return None
    places[BEHIND].value = behind + newline
    return CommentToken("\n" + below, CommentMark(0), None)


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
