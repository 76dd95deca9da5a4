"""One connection: httpcore's, over a network on which every step ends at the request's deadline or when it is cut."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any

import httpcore2

from apps.shared.reach import Reach
from apps.workflows.http.request import Origin

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 4.0
"""Servers close idle connections, some after five seconds."""
_PIECE = 2**16
_SOONEST = 0.001
"""A time limit of nothing would mean not to wait at all, which is another thing."""


class Connection:
    """Serves one request after the other; `deadline` (of time.monotonic) is set before each."""

    def __init__(self, origin: Origin, reach: Reach | None = None) -> None:
        self.origin, self.deadline = origin, 0.0
        self.has_ended = False
        """Whether the other side has sent its last byte."""
        self._socket: socket.socket | None = None
        self._http = httpcore2.HTTPConnection(
            httpcore2.Origin(origin.scheme.encode(), origin.host.encode(), origin.port),
            ssl_context=_tls() if origin.scheme == "https" else None,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_Network(self, reach),
        )

    @property
    def is_reusable(self) -> bool:
        """Whether it is open and idle, and the other side has neither closed it nor said anything."""
        return self._http.is_idle() and not self._http.has_expired()

    @property
    def remaining(self) -> float:
        """Seconds to the deadline, never quite none."""
        return max(_SOONEST, self.deadline - time.monotonic())

    def send(self, request: httpcore2.Request) -> httpcore2.Response:
        return self._http.handle_request(request)

    def use(self, stream: httpcore2.NetworkStream) -> httpcore2.NetworkStream:
        self._socket = stream.get_extra_info("socket")
        return _Stream(self, stream)

    def cut(self) -> None:
        """End whatever waits for the other side. Any thread may call this."""
        if self._socket is not None:
            with suppress(OSError):  # it may have ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._http.close()


class _Network(httpcore2.NetworkBackend):
    def __init__(self, connection: Connection, reach: Reach | None) -> None:
        self._connection, self._network, self._reach = connection, httpcore2.SyncBackend(), reach

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # ours counts
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Raises AddressRefused."""
        *others, last = self._reach.addresses(host, port) if self._reach else [host]
        for address in others:
            with suppress(httpcore2.NetworkError, httpcore2.TimeoutException):
                return self._connect(address, port, local_address, socket_options)
        return self._connect(last, port, local_address, socket_options)

    def _connect(
        self,
        host: str,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.NetworkStream:
        seconds = min(CONNECT_SECONDS, self._connection.remaining)
        return self._connection.use(self._network.connect_tcp(host, port, seconds, local_address, socket_options))


class _Stream(httpcore2.NetworkStream):
    """Each step may take what is left, however slowly the other side drips."""

    def __init__(self, connection: Connection, stream: httpcore2.NetworkStream) -> None:
        self._connection, self._stream = connection, stream
        self._unsent = bytearray()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # ours counts
        self._flush()
        data = self._stream.read(max_bytes, self._connection.remaining)
        self._connection.has_ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  # ours counts
        """Headers and body leave together: two packets would wake the other side twice. An empty piece ends both."""
        self._unsent += buffer
        if not buffer:
            self._flush()

    def _flush(self) -> None:
        unsent, self._unsent = bytes(self._unsent), bytearray()
        for start in range(0, len(unsent), _PIECE):
            self._stream.write(unsent[start : start + _PIECE], self._connection.remaining)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # ours counts
    ) -> httpcore2.NetworkStream:
        seconds = min(CONNECT_SECONDS, self._connection.remaining)
        return self._connection.use(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # Any: what it answers depends on what it is asked
        return self._stream.get_extra_info(info)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
