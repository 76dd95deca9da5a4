"""Values of single fields: such as a client may well send, and such as nobody means."""

from __future__ import annotations

import math
from random import Random
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

SURROGATE: Final = "\ue000"
"""Stands for half a character, which no Python text can be put on the wire with: see `as_sent`."""
_HALF, _SENT_AS = b"\xed\xa0\x80", SURROGATE.encode()

SMALL: Final = ("", " ", "a", "0", "null", "true", "-1", "1e400", "none", ".", "..", "/", "%00", "\t", "\r\n")
ODD: Final = (
    *(
        "\0",
        "a\0b",
        SURROGATE,
        f"x{SURROGATE}y",
        "\ufffe",
        "\u202egpj.exe",
        "\x1b[31mred",
        "\u0085",
        "\u2028",
        "é",
        "ß",
        "İ",
    ),
    *("\N{GRINNING FACE}", "日本語", "Ünïcödé name", "a" * 63, "b" * 64, "c" * 256, "d" * 257, "-a-", "A_B", "a--b"),
    *("../../etc/passwd", "'; DROP TABLE resources_agent; --", '"quoted"', "<script>alert(1)</script>", "********"),
    *("${ .a }", "${ $secrets.KEY }", "${ .secrets.KEY | @base64 }", "${ (", "${ error }", "${", "{{ x }}", "$input.a"),
    *("2026-11-30T00:00:00Z", "0000-00-00", "9" * 400, "1.5", "0x10", "NaN", "Infinity", "latest", "default", "local"),
    *("http://user:pass@[::1]:99999/", "file:///etc/shadow", "scripted:/dev/zero", "text/plain; charset=undefined"),
    *("{}", "[]", '{"a": ', "{'a'}", "---\na: &x [*x]", "!!python/object:os.system", "\\u0000", "\\ud800"),
)
LARGE: Final = (2_000, 20_000, 200_000)
NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    7,
    50,
    100,
    101,
    255,
    256,
    1000,
    65_535,
    2**31 - 1,
    -(2**31),
    2**32 - 1,
    2**53 + 1,
    2**63 - 1,
)
FLOATS: Final = (0.0, -0.0, 1.0, 0.5, -1.5, 1e308, -1e308, 5e-324, 2.0**53 + 2, math.inf, -math.inf, math.nan)

_RANGES: Final = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def as_sent(data: bytes) -> bytes:
    """A message as it goes out, with halves of characters where it should have some."""
    return data.replace(_SENT_AS, _HALF)


def odd_text(rng: Random) -> str:
    """A text of any kind; one in forty is long."""
    if rng.random() < 0.025:
        return rng.choice(("x", "ab ", "é", '{"a":', "\N{GRINNING FACE}")) * (rng.choice(LARGE) // 4)
    return rng.choice(ODD if rng.random() < 0.7 else SMALL)


def odd_bytes(rng: Random) -> bytes:
    return rng.choice((b"", b"\0", b"PK\x03\x04", b"\xff" * 70, rng.randbytes(rng.randrange(400))))


def number(rng: Random, field: Any) -> int:  # Any: a FieldDescriptor, which the stubs of upb do not name
    """One that the field can hold: small ones mostly."""
    low, high = _RANGES[field.cpp_type]
    chosen = rng.choice(NUMBERS[:10] if rng.random() < 0.6 else NUMBERS)
    return max(low, min(high, chosen if rng.random() < 0.95 else rng.randrange(low, high)))


def fraction(rng: Random) -> float:
    return rng.choice(FLOATS)


def enum_number(rng: Random, field: Any) -> int:  # Any: as above
    """A value of the enum; one in ten that it does not have."""
    if rng.random() < 0.1:
        return rng.choice((-1, 99, 12_345, 2**31 - 1, -(2**31)))
    return int(rng.choice(field.enum_type.values).number)


def damaged(rng: Random, data: bytes) -> bytes:
    """A message cut off, with bytes changed, or with fields that it does not have."""
    way = rng.randrange(4)
    if way == 0:
        return data[: rng.randrange(len(data) + 1)]
    if way == 1:
        return data + rng.choice(
            (b"\xfa\x3f\x03abc", b"\x08", b"\xff\xff\xff\xff\x0f\x00", b"\xa0\x06\x01", b"\x0b\x0c")
        )
    if way == 2:
        return rng.randbytes(rng.randrange(60))
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)
