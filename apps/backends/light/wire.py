"""Messages of protobuf by the numbers of their fields, without generated code: texts, numbers and messages, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
SIZES: Final = {EIGHT_BYTES: 8, FOUR_BYTES: 4}


class Malformed(Exception):
    """Bytes that are no message."""


def text_field(number: int, text: str) -> bytes:
    """A field that is text; nothing for an empty one."""
    return bytes_field(number, text.encode()) if text else b""


def bytes_field(number: int, content: bytes) -> bytes:
    """A field that is a message, or bytes."""
    return varint(number << 3 | LENGTH) + varint(len(content)) + content


def number_field(number: int, value: int) -> bytes:
    """A field that is a number, not below 0."""
    return varint(number << 3 | VARINT) + varint(value)


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    while value >= 0x80:  # noqa: PLR2004 - seven bits a byte
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields with a length (texts, bytes, messages) in their order, by number. Raises Malformed."""
    at = 0
    while at < len(message):
        key, at = read_varint(message, at)
        if key & 7 == LENGTH:
            size, at = read_varint(message, at)
            if at + size > len(message):
                raise Malformed("a field is longer than its message")
            yield key >> 3, message[at : at + size]
            at += size
        elif key & 7 == VARINT:
            _, at = read_varint(message, at)
        elif size := SIZES.get(key & 7, 0):
            at += size
        else:
            raise Malformed(f"no type of a field: {key & 7}")


def field(message: bytes, number: int) -> bytes:
    """The last field of this number, as protobuf has it; empty for none."""
    found = b""
    for each, content in fields(message):
        if each == number:
            found = content
    return found


def read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where the next thing begins."""
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise Malformed("it ends within a number")
