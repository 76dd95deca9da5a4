"""HOST:PORT: read, written, and looked at from outside."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

_HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # with empty settings
HIGHEST_PORT: Final = 65535


class Address(NamedTuple):
    """A host (a name or an IP address, without brackets) and a port from 1 to 65535."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def families(self) -> tuple[tuple[socket.AddressFamily, str], ...]:
        """What a server on this address binds: `localhost` means both loopbacks."""
        if self.host == "localhost":
            return ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
        return ((socket.AF_INET6 if ":" in self.host else socket.AF_INET, self.host),)


def parse_address(text: str) -> Address:
    """`localhost:50051` or `[::1]:50051`. Raises ValueError with a sentence about what is wrong."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not host:
        raise ValueError(f"{text!r} is not HOST:PORT")
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= HIGHEST_PORT):
        raise ValueError(f"{port!r} is not a port (1 to {HIGHEST_PORT})")
    return Address(host, int(port))


def can_connect(address: Address, timeout_seconds: float = 0.25) -> bool:
    """Whether somebody accepts connections there."""
    for family, host in address.families:
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(timeout_seconds)
            probe.connect((host, address.port))
            return True
    return False


def speaks_http2(address: Address, timeout_seconds: float) -> bool:
    """Whether a server of HTTP/2, as gRPC is, answers there: for a frozen one the kernel accepts connections, too."""
    for family, host in address.families:
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(timeout_seconds)
            probe.connect((host, address.port))
            probe.sendall(_HTTP2_GREETING)
            return bool(probe.recv(1))
    return False


def is_free(address: Address) -> bool:
    """Whether a server could bind every loopback of the address now."""
    for family, host in address.families:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # As servers do: connections of a former run that linger in TIME_WAIT are no hindrance.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, address.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
    return True  # a machine without IPv6 cannot bind ::1: nobody else can hold it either


def next_free(address: Address, but: Collection[int] = ()) -> Address:
    """The first free port above this one that is none of `but`; the address itself where none of the next is free."""
    for port in range(address.port + 1, min(address.port + 200, HIGHEST_PORT + 1)):
        candidate = Address(address.host, port)
        if port not in but and is_free(candidate):
            return candidate
    return address
