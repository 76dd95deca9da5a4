"""Unary gRPC calls over one socket, by as much of HTTP/2 as they need: one call after the other, answers of a few MiB.

Headers of answers are not read, and no status of a call: an answer without a message is a call that failed.
"""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apps.processes.addresses import Address

GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# Types of frames (RFC 9113, section 6).
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
"""A setting: how much of an answer may come before we say that we have read it."""
WINDOW: Final = 16 * 1024 * 1024
"""Bytes: more than a page of metadata ever is, so that nothing needs to be said."""
HEAD_BYTES: Final = 9
MESSAGE_HEAD_BYTES: Final = 5
LONGEST_SHORT: Final = 127
"""A length in HPACK takes one byte below this, and more from it on."""


class LightCallFailed(Exception):
    """The server did not answer in time, or not with a message."""


class LightChannel:
    """A connection to a server; `close` it. `seconds` is how long all of its calls may take together."""

    def __init__(self, address: Address, token: str, seconds: float) -> None:
        self._authority, self._token = str(address), token
        self._deadline = time.monotonic() + seconds
        self._stream = -1
        self._socket = self._connected(address)
        settings = frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, WINDOW))
        self._greeting = GREETING + settings + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW))

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def call(self, method: str, request: bytes) -> bytes:
        """The message that answers `request`. `method` is `/package.Service/method`. Raises LightCallFailed."""
        self._stream += 2
        message = struct.pack(">BI", 0, len(request)) + request
        asked = frame(HEADERS, END_HEADERS, self._stream, self._headers(method))
        try:
            self._socket.sendall(self._greeting + asked + frame(DATA, END_STREAM, self._stream, message))
            self._greeting = b""
            return self._answer()
        except OSError as error:
            raise LightCallFailed(str(error)) from error

    def _headers(self, method: str) -> bytes:
        pairs = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", method),
            (":authority", self._authority),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        if self._token:
            pairs.append(("authorization", f"Bearer {self._token}"))
        # Literals that neither side keeps (RFC 7541, 6.2.2): no table, no Huffman code.
        return b"".join(b"\0" + literal(name) + literal(value) for name, value in pairs)

    def _answer(self) -> bytes:
        """What comes for this call, read to the end of its stream, so that the next call begins with nothing left."""
        came = b""
        while True:
            head = self._read(HEAD_BYTES)
            size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
            content = self._read(size)
            if kind == SETTINGS and not flags & ACK:
                self._socket.sendall(frame(SETTINGS, ACK, 0, b""))
            elif kind == PING and not flags & ACK:
                self._socket.sendall(frame(PING, ACK, 0, content))
            elif kind in (RST_STREAM, GOAWAY):
                raise LightCallFailed("the server ended the call")
            elif kind == DATA and stream == self._stream:
                came += content
            if kind in (DATA, HEADERS) and stream == self._stream and flags & END_STREAM:
                return message_of(came)

    def _read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        parts = []
        while count:
            left = self._deadline - time.monotonic()
            if left <= 0:  # where something is always there to be read, no socket runs out of time
                raise TimeoutError("timed out")
            self._socket.settimeout(left)
            part = self._socket.recv(count)
            if not part:
                raise LightCallFailed("the server closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _connected(self, address: Address) -> socket.socket:
        for family, host in address.families:
            with suppress(OSError):
                found = socket.socket(family, socket.SOCK_STREAM)
                try:
                    found.settimeout(max(0.001, self._deadline - time.monotonic()))
                    found.connect((host, address.port))
                except OSError:
                    found.close()
                    raise
                return found
        raise LightCallFailed(f"nobody answers at {address}")


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """One frame of HTTP/2."""
    return len(content).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + content


def literal(text: str) -> bytes:
    """A string of HPACK, as it is."""
    content = text.encode()
    if len(content) < LONGEST_SHORT:
        return bytes((len(content),)) + content
    rest, head = len(content) - LONGEST_SHORT, bytearray((LONGEST_SHORT,))
    while rest >= 0x80:  # noqa: PLR2004 - seven bits a byte
        head.append(rest & 0x7F | 0x80)
        rest >>= 7
    head.append(rest)
    return bytes(head) + content


def message_of(came: bytes) -> bytes:
    """The one message of an answer, whole and not compressed."""
    if len(came) < MESSAGE_HEAD_BYTES:
        raise LightCallFailed("the server answered without a message")
    is_compressed, size = struct.unpack_from(">BI", came)
    message = came[MESSAGE_HEAD_BYTES:]
    if is_compressed or len(message) != size:
        raise LightCallFailed("the server answered with something else")
    return message
