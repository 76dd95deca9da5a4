"""The plainest Stigmer.yaml, read without a YAML parser.

`apply` reads that file every time, and importing PyYAML costs more than everything else about it.
Whatever is not beyond doubt here (quotes with escapes, indentation, a word YAML gives a meaning to, a
repeated key) is left to the real parser, so both always agree; a property test compares them.
"""

from __future__ import annotations

import re

WORDS_WITH_A_MEANING = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
# Starts with a letter, or is a version of three numbers: neither can be a number, a date or YAML syntax.
LINE = re.compile(
    r"(?P<key>[a-z_]+):[ ]+"
    r"(?:\"(?P<quoted>[A-Za-z0-9 _./,()+-]*)\"|(?P<plain>[A-Za-z][A-Za-z0-9 _./,()+-]*|[0-9]+\.[0-9]+\.[0-9]+))[ ]*"
)


def read_plain(text: str) -> dict[str, str] | None:
    """Keys and values of `text`, or None when it takes a YAML parser to be sure of them."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        # YAML has line breaks beside \n, none of them printable: they would end a comment early.
        if not line.strip(" ") or (line.startswith("#") and line.isprintable()):
            continue
        found = LINE.fullmatch(line)
        if found is None or found["key"] in values:
            return None
        value = found["plain"].rstrip(" ") if found["quoted"] is None else found["quoted"]
        if found["quoted"] is None and value.lower() in WORDS_WITH_A_MEANING:
            return None
        values[found["key"]] = value
    return values
