"""The few spots where JSON text means something else to a YAML parser."""

from __future__ import annotations

import re

# JSON writes what lies beyond U+FFFF as two escapes, which YAML does not know.
PAIR = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
# DEL, NEL, the line and the paragraph separator: ordinary in a JSON string, forbidden or a line break in YAML.
UNESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def as_yaml(data: bytes) -> bytes:
    """JSON text as YAML of the same meaning; columns may shift behind what was replaced."""
    joined = PAIR.sub(_character, data)
    try:
        text = joined.decode("utf-8-sig")
    except UnicodeDecodeError:
        return joined
    return UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _character(found: re.Match[bytes]) -> bytes:
    high, low = int(found[2], 16), int(found[3], 16)
    return found[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
