"""What a text holds in other letters: decoded, it can be looked through as any other, and each place found again.

All that does not belong to an alphabet is left out first: line breaks, blanks and colons between the letters, however
they are written. What is left is decoded as a whole, from each place where a group of letters may begin; what was no
code at all becomes noise, in which nothing is found. So each layer costs as much as the text is long, whatever it is.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, unhexlify
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

_GROUP: Final = 4
_BITS: Final = 6
_SURE: Final = 6
"""Bytes that noise does not hold by chance. Fewer are believed where they are all that is encoded."""
_NOTATION: Final = re.compile(
    rb"\\u00([0-9a-fA-F]{2})|%(?:25)*([0-9a-fA-F]{2})|&#[xX]([0-9a-fA-F]{1,2});|&#([0-9]{2,3});|\\[nrt]|<br ?/?>"
)
_DECIMAL: Final = 4
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_DIGITS: Final = b"0123456789abcdefghijklmnopqrstuvwxyz"
_ZEROS: Final = re.compile("\0+")
_SOFT_BREAK: Final = re.compile(r"=(?:\r?\n|(?:\\r)?\\n)")


class Layer(Protocol):
    """`text` is what a text holds; `back` says where in that text it stands, None for what is not believed."""

    @property
    def text(self) -> str: ...
    def back(self, start: int, end: int) -> tuple[int, int] | None: ...


class Squeezed:
    """The letters of one alphabet that stand in `data`, in a row, and where they stand."""

    def __init__(self, data: bytes, alphabet: bytes) -> None:
        self.data = data
        others = bytes(set(range(256)) - set(alphabet))
        self.letters = data.translate(None, others)
        self._run = re.compile(b"[" + re.escape(alphabet) + b"]+")

    @cached_property
    def _runs(self) -> tuple[list[int], list[int]]:
        """Where runs of letters begin: among the letters, and in the data."""
        among, places, size = [], [], 0
        for run in self._run.finditer(self.data):
            among.append(size)
            places.append(run.start())
            size += run.end() - run.start()
        return among, places

    def place(self, letter: int) -> int:
        among, places = self._runs
        run = bisect_right(among, letter) - 1
        return places[run] + letter - among[run]

    def stands_alone(self, start: int, end: int) -> bool:
        """Whether the letters are in a row in the data, and no other touches them."""
        first, last = self.place(start), self.place(end - 1)
        around = self.data[max(0, first - 1) : first] + self.data[last + 1 : last + 2]
        return last - first == end - 1 - start and not self._run.search(around)


@dataclass(frozen=True)
class _Decoded:
    text: str
    squeezed: Squeezed
    first: int
    """Among the letters, that of the first bits; below 0 where others were put before them."""
    bits: int
    """Of a letter."""

    def back(self, start: int, end: int) -> tuple[int, int] | None:
        first = max(0, self.first + 8 * start // self.bits)
        last = min(self.first - (-8 * end // self.bits), len(self.squeezed.letters))
        if last <= first:
            return None
        if self.bits == _BITS and end - start < _SURE and not self.squeezed.stands_alone(first, last):
            return None
        return self.squeezed.place(first), self.squeezed.place(last - 1) + 1


class _Without:
    """A text without what `pattern` finds."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.text = pattern.sub("", text)
        self._whole, self._pattern = text, pattern

    @cached_property
    def _left_out(self) -> tuple[list[int], list[int]]:
        """Where something was left out, in `text`, and how much up to there."""
        places, sizes = [], [0]
        for found in self._pattern.finditer(self._whole):
            places.append(found.start() - sizes[-1])
            sizes.append(sizes[-1] + found.end() - found.start())
        return places, sizes

    def back(self, start: int, end: int) -> tuple[int, int]:
        places, sizes = self._left_out
        first, last = (at + sizes[bisect_right(places, at)] for at in (start, end - 1))
        return first, last + 1


def without_zeros(text: str) -> Layer:
    """UTF-16 of letters of Latin-1, taken for Latin-1."""
    return _Without(text, _ZEROS)


def has_soft_breaks(text: str) -> bool:
    """Whether lines may be broken as quoted-printable breaks them, in the middle of words."""
    return ("=\n" in text or "=\r" in text or "=\\" in text) and _SOFT_BREAK.search(text) is not None


def without_soft_breaks(text: str) -> Layer:
    return _Without(text, _SOFT_BREAK)


def decoded_layers(text: str) -> Iterator[Layer]:
    """What comes of taking the text for base64 and for hexadecimal digits."""
    letters = in_base64(text)
    row = letters.letters.translate(ONE_ALPHABET)
    for missing in range(_GROUP):
        group = b"A" * missing + row
        decoded = a2b_base64(group + b"A" * (-len(group) % _GROUP))
        yield _Decoded(decoded.decode("latin-1"), letters, -missing, _BITS)
    digits = in_digits(text)
    row = digits.letters.translate(_NO_OTHERS)
    for first in range(min(2, len(row))):
        group = row[first : len(row) - (len(row) - first) % 2]
        yield _Decoded(unhexlify(group).decode("latin-1"), digits, first, 4)


def in_base64(text: str) -> Squeezed:
    """Its letters of base64. What an address, JSON or HTML writes otherwise is one, at the end of where it stands."""
    data = text.encode("latin-1", "replace")
    if b"\\" in data or b"%" in data or b"&" in data or b"<" in data:
        data = _NOTATION.sub(_read, data)
    return Squeezed(data, _BASE64)


def in_digits(text: str) -> Squeezed:
    """Its digits, in small letters. Those beyond `f` keep what is around them apart."""
    data = text.encode("latin-1", "replace").lower()
    return Squeezed(data.replace(b"0x", b"\0\0").replace(b"\\x", b"\0\0").replace(b"\\n", b"\0\0"), _DIGITS)


ONE_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")
_NO_OTHERS: Final = bytes.maketrans(b"ghijklmnopqrstuvwxyz", b"0" * 20)


def _read(found: re.Match[bytes]) -> bytes:
    number = found.lastindex
    code = 0 if number is None else int(found[number], 10 if number == _DECIMAL else 16)
    letter = bytes([code]) if 0 < code < 0x80 else b"\0"  # noqa: PLR2004 -- ASCII
    return letter.rjust(len(found[0]), b"\0")
