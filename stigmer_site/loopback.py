"""Addresses that only this machine can reach: reading, binding, and who holds them."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

from apps.processes.addresses import Address, parse_address
from apps.processes.listeners import find_listener
from apps.resources.errors import AddressInUse

HOSTS = {"127.0.0.1", "::1", "localhost"}
BACKLOG = 128


def parse_loopback(text: str) -> Address:
    """`host:port` of 127.0.0.1, [::1], or localhost for both. Raises ValueError with a sentence for people."""
    address = parse_address(text)
    if address.host not in HOSTS:
        raise ValueError(f"{address.host!r} is not a loopback address: use 127.0.0.1, localhost or [::1]")
    return address


def bind(address: Address, *, hint: str = "") -> list[socket.socket]:
    """Listening sockets, one per IP address of the host. Raises AddressInUse, naming the holder.

    A machine without IPv6 serves `localhost` on IPv4 alone.
    """
    bound: list[socket.socket] = []
    for _, ip in address.families:
        try:
            bound.append(_listen(ip, address.port))
        except OSError as error:
            if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} and bound:
                continue
            for other in bound:
                other.close()
            if error.errno == errno.EADDRINUSE:
                raise AddressInUse(str(address), holder_of(address.port), hint=hint) from error
            raise
    return bound


def _listen(ip: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in ip:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((ip, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def holder_of(port: int) -> str:
    """Who listens on `port`, for a message: `nginx (pid 4711)`; other users' processes have no name."""
    import psutil

    with suppress(psutil.Error):
        if process := find_listener(port):
            ours = any("stigmer_site" in part for part in process.cmdline())
            return f"{'another stigmer server' if ours else process.name()} (pid {process.pid})"
    return "another process"
