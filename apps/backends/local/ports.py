"""Loopback addresses: reading them, asking whether one is free, and naming who sits on it."""

from __future__ import annotations

import errno
import json
import socket
import sys
from contextlib import suppress
from typing import Final, NamedTuple

from apps.backends.local.settings import from_environ

_HIGHEST_PORT: Final = 65535
_COMMAND_SHOWN: Final = 100  # characters of a command line: enough to recognise it


class Address(NamedTuple):
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


class Holder(NamedTuple):
    """Who listens on a port. `pid` is 0 when the system does not tell us (another user's process).

    `data_dir` is that of the Stigmer server it belongs to, or "".
    """

    port: int
    pid: int = 0
    name: str = ""
    command: str = ""
    data_dir: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return f"port {self.port} is held by another process (the system does not say which)"
        if self.data_dir:
            return f"port {self.port} is held by the Stigmer server of {self.data_dir} (pid {self.pid})"
        return f"port {self.port} is held by {self.name} (pid {self.pid}: {self.command})"


def parse_address(text: str) -> Address:
    """`localhost:50051` or `[::1]:50051`. Raises ValueError with a sentence about what is wrong."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not host:
        raise ValueError(f"{text!r} is not HOST:PORT")
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _HIGHEST_PORT):
        raise ValueError(f"{port!r} is not a port (1 to 65535)")
    return Address(host, int(port))


def can_connect(address: Address, timeout_seconds: float = 0.25) -> bool:
    """Whether somebody accepts connections there."""
    for family, host in address.families:
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(timeout_seconds)
            probe.connect((host, address.port))
            return True
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


def next_free(address: Address) -> Address:
    """The first free port above this one, to suggest it."""
    for port in range(address.port + 1, min(address.port + 200, _HIGHEST_PORT + 1)):
        candidate = Address(address.host, port)
        if is_free(candidate):
            return candidate
    return address


def find_holder(port: int) -> Holder:
    """Who listens on TCP `port` (psutil is loaded: not for hot paths)."""
    import psutil

    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and connection.pid and local and local.port == port:
                return _describe(port, connection.pid)
    return Holder(port)


def _describe(port: int, pid: int) -> Holder:
    import psutil

    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline()) or process.name()
        holder = Holder(port, pid, process.name(), _shortened(command))
        if "stigmer_site" in command or process.name() == "temporal":
            settings = from_environ(process.environ())
            return holder._replace(data_dir=settings.data_dir) if settings else holder
    except psutil.Error:
        return Holder(port, pid, "a process", "it has just ended or is not ours to look at")
    return holder


def _shortened(command: str) -> str:
    return command if len(command) <= _COMMAND_SHOWN else command[: _COMMAND_SHOWN - 1] + "…"


def main(arguments: list[str]) -> int:
    """`python -m apps.backends.local.ports PORT`: {"text", "data_dir"} of its holder, for who must not load psutil."""
    holder = find_holder(int(arguments[0]))
    json.dump({"text": str(holder), "data_dir": holder.data_dir}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
