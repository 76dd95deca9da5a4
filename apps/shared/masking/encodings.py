"""What becomes of a value where its bytes are written in letters: base64 and hexadecimal digits."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_ALPHABET: Final = re.compile(r"[A-Za-z0-9+/_-]")
_SHORTEST: Final = 8
"""Letters that no innocent text has by chance."""
_WRITTEN: Final = (
    {"+": "%2B", "/": "%2F"},
    {"+": "%2b", "/": "%2f"},
    {"+": "%2B", "/": "/"},
    {"+": "%2b", "/": "/"},
    {"+": "%252B", "/": "%252F"},
    {"+": "+", "/": r"\/"},
    {"+": r"\u002b", "/": "/"},
    {"+": r"\u002B", "/": r"\u002F"},
    {"+": "&#43;", "/": "/"},
    {"+": "&#43;", "/": "&#47;"},
    {"+": "&#x2B;", "/": "&#x2F;"},
)
"""How addresses, JSON and HTML write the letters of base64 that are neither letters nor digits."""


@dataclass(frozen=True)
class Encoded:
    """Letters to be found. Where a letter before or after holds bits of the value, too, it belongs to what is found."""

    letters: str
    before: bool = False
    after: bool = False
    is_whole: bool = False
    """Whether it counts only where no other letter touches it."""

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        at = text.find(self.letters)
        while at >= 0:
            start, end = at, at + len(self.letters)
            touched = _is_letter(text, start - 1), _is_letter(text, end)
            if not (self.is_whole and any(touched)):
                yield start - (self.before and touched[0]), end + (self.after and touched[1])
            at = text.find(self.letters, at + 1)


def encoded(value: bytes) -> list[Encoded]:
    """Every way to find `value` in base64 or hexadecimal digits."""
    found = [Encoded(value.hex())]
    found.append(Encoded(value.hex().upper()))
    for offset in range(3):
        found += _base64(value, offset)
    return list(dict.fromkeys(found))


def _base64(value: bytes, offset: int) -> Iterator[Encoded]:
    """Of a value with `offset` bytes before it, as far as its letters depend on nothing else."""
    bits = 8 * (offset + len(value))
    first, last = -(-8 * offset // 6), bits // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        letters = encode(bytes(offset) + value).decode()
        if last - first >= _SHORTEST:
            for written in _written(letters[first:last]):
                yield Encoded(written, before=bool(offset), after=bool(bits % 6))
        elif not offset:
            for written in _written(letters.rstrip("=")):
                yield Encoded(written, is_whole=True)


def _written(letters: str) -> Iterator[str]:
    """`letters` as they are, and as something else that holds them writes them."""
    yield letters
    if "+" in letters or "/" in letters:
        yield from (letters.replace("+", each["+"]).replace("/", each["/"]) for each in _WRITTEN)


def _is_letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and _ALPHABET.match(text[at]) is not None
