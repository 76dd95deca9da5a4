"""A value of JSON to YAML that reads back as that value: by our own reader, and by readers of YAML 1.1 and 1.2.

Readers disagree on which texts are something else without quotes: `1e3` is a number in YAML 1.2 and text to
PyYAML, `no` is a boolean in YAML 1.1 and text here. Whatever one of them takes for something else is quoted.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from apps.yaml_text.hidden import CHARACTERS, escaped
from apps.yaml_text.tree import resolve

WIDTH = 100

# What YAML 1.1 and readers of it in other languages give a meaning to, and PyYAML (whose own rules hold, too) does not.
OLD_WORDS = frozenset({"y", "Y", "n", "N"})
OLD_NUMBER = re.compile(
    r"(?=[-+.0-9])[-+]?(?:0o[0-7_]*|[0-9_]+(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?)"
)
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
# Line breaks of YAML 1.1 that 1.2 does not know, the byte order mark, and what may stand in no YAML as it is.
NEEDS_ESCAPES = re.compile(
    f"[{CHARACTERS}]|[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffd]"
)

# Ten times faster where PyYAML was built with libyaml. Any: that class has no type stubs.
_Emitter: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Compact(_Emitter):  # type: ignore[misc]  # one of two base classes, chosen above
    """Lists stand right below their key."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        """What stands in two places of a value is written twice."""
        return True


class _Indented(yaml.SafeDumper):
    """Lists are indented below their key, which only the emitter in Python can do."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Quotes or `|` where `text` needs them; None leaves it to the emitter."""
    if NEEDS_ESCAPES.search(text):
        return '"'
    if "\n" in text:
        return "|"
    return "'" if _looks_like_something_else(text) else None


def _looks_like_something_else(text: str) -> bool:
    is_text_here = isinstance(resolve(text), str)
    return not is_text_here or text in OLD_WORDS or bool(OLD_NUMBER.fullmatch(text) or DATE.fullmatch(text))


_Compact.add_representer(str, _text)
_Indented.add_representer(str, _text)


def dump(value: Any, *, indent_lists: bool = False) -> str:  # Any: whatever JSON can say
    """`value` as one document: block style, texts of several lines as literal blocks, keys in the order given."""
    dumper = _Indented if indent_lists else _Compact
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return escaped(text)  # between double quotes, where the emitter leaves those of bidirectional text
