"""Addresses that only this machine can reach: reading, binding, and who holds them."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from apps.resources.errors import AddressInUse

HOSTS = {"127.0.0.1": ("127.0.0.1",), "::1": ("::1",), "localhost": ("127.0.0.1", "::1")}
MAX_PORT = 65535
BACKLOG = 128


@dataclass(frozen=True)
class Address:
    """A loopback host (127.0.0.1, ::1, or localhost for both) and a port from 1 to 65535."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """`host:port`, an IPv6 host in brackets. Raises ValueError with a sentence for people."""
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
            raise ValueError(f"{text!r} has no port from 1 to {MAX_PORT}")
        if host not in HOSTS:
            raise ValueError(f"{host!r} is not a loopback address: use 127.0.0.1, localhost or [::1]")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def bind(address: Address, *, hint: str = "") -> list[socket.socket]:
    """Listening sockets, one per IP address of the host. Raises AddressInUse, naming the holder.

    A machine without IPv6 serves `localhost` on IPv4 alone.
    """
    bound: list[socket.socket] = []
    for ip in HOSTS[address.host]:
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
    # Only needed when something is wrong, and it takes 15 ms to import.
    import psutil

    try:
        pids = {
            c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == "LISTEN"
        }
        for pid in sorted(pid for pid in pids if pid):
            process = psutil.Process(pid)
            ours = any("stigmer_site" in part for part in process.cmdline())
            return f"{'another stigmer server' if ours else process.name()} (pid {pid})"
    except psutil.Error:
        pass
    return "another process"
