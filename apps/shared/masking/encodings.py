"""What becomes of a value where its bytes are written in letters: base64 and hexadecimal digits, once or twice over.

Nothing is found by what stands here alone. A *stub* is a few letters, one of which stands in every text that holds the
encoded value: where one does, the text is decoded (layers.py) and what comes of that is looked through.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

_PLAIN: Final = re.compile("[A-Za-z0-9]+")
"""Letters that stand for themselves wherever base64 may stand, in addresses, JSON or HTML."""
_STUB: Final = 8
_SURE: Final = 6
"""Letters of a stub, and as many as no text has by chance."""
_BYTES: Final = 4
"""Of a stub in hexadecimal digits."""
_BETWEEN: Final = ("", ":", " ", "-", ", 0x", ",0x")
"""What stands between the digits of two bytes."""


def stubs(value: str) -> set[str]:
    """For every encoding some short texts, one of which stands in every text that holds it."""
    run = max(_PLAIN.findall(value), key=len, default="")
    # How a run of letters and digits is escaped before it is encoded, nobody need ask.
    sources = [run] if len(run) >= _SURE else [value, json.dumps(value)[1:-1], quote(_utf8(value), safe="")]
    found: set[str] = set()
    for source in dict.fromkeys(sources):
        once, wide = _utf8(source), source.encode("utf-16-le", "surrogatepass")
        windows = {window.encode() for core in _cores(once) for window in _windows(core)}
        found.update(*(_windows(core) for core in _cores(wide)), (window.decode() for window in windows))
        digits = once.hex().encode()
        others = {_utf8(source.lower()), _utf8(source.upper())} - {once}
        found.update(_windows(core)[0] for data in (*windows, *others, digits, digits.upper()) for core in _cores(data))
        found.update(_pairs(once), (data[: 2 * _BYTES].hex() for data in (*windows, wide)))
    return found


def written_in_base64(value: str) -> set[str]:
    """The letters, without padding and in the ordinary alphabet, by which a base64 that holds `value` is known."""
    once = {core for data in _escaped(value) for core in _cores(data)}
    plain = {base64.b64encode(data) for data in (_utf8(value), value.encode("utf-16-le", "surrogatepass"))}
    digits = _utf8(value).hex()
    return once | {core for data in (*plain, digits.encode(), digits.upper().encode()) for core in _cores(data)}


def written_in_digits(value: str) -> set[str]:
    """The same in hexadecimal digits, in small letters."""
    return {data.hex() for data in (*_escaped(value), base64.b64encode(_utf8(value)))}


def _escaped(value: str) -> set[bytes]:
    texts = {value, value.lower(), value.upper(), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    texts |= {write(_utf8(value)) for write in (quote, quote_plus)} | {quote(_utf8(value), safe="")}
    wide = {value.encode(f"utf-16-{order}", "surrogatepass") for order in ("le", "be")}
    return {_utf8(text) for text in texts} | wide


def _cores(data: bytes) -> Iterator[str]:
    """The letters of base64 that depend on nothing but `data`, at each place inside something longer."""
    for offset in range(3):
        first, last = -(-8 * offset // 6), 8 * (offset + len(data)) // 6
        yield base64.b64encode(bytes(offset) + data).decode()[first:last]


def _windows(core: str) -> list[str]:
    """Two pieces of letters: where lines are broken, one of them is whole."""
    run = core if core.isalnum() else max(_PLAIN.findall(core), key=len, default="")
    if len(run) < _SURE:
        return [core[:_STUB]]
    size = max(_SURE, min(_STUB, len(run) // 2))
    return [run[:size], run[size : 2 * size] if len(run) >= 2 * size else run[-size:]]


def _pairs(data: bytes) -> set[str]:
    """Hexadecimal digits of two pieces of `data`, with all that may stand between the bytes."""
    size = min(_BYTES, len(data) // 2) if len(data) >= _SURE else _BYTES
    pieces = [piece for piece in (data[:size], data[size : 2 * size]) if len(piece) == size]
    return {between.join(f"{byte:02x}" for byte in piece) for piece in pieces for between in _BETWEEN}


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
