"""One HTTP request: sent once, no redirect followed, no proxy from the environment, no longer than asked.

Over `http.client`, because it tells what a ledger needs to know: whether a request that failed had been sent.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, quote, urlsplit

from apps.workflows.interpreter.effects import HttpFailure
from apps.workflows.steps.http_call import REPEATABLE
from apps.workflows.values import Json

LARGEST_BODY = 10 * 2**20
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 4.0
"""Servers close idle connections, some after five seconds."""
MOST_IDLE = 32
SAFE_IN_TARGET = "!#$%&'()*+,/:;=?@[]~"
_DEFAULT_HEADERS = {"Accept": "application/json, */*", "Accept-Encoding": "identity", "User-Agent": "stigmer"}

Watch = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Takes what aborts the request while it is under way."""


class Aborted(Exception):
    """Whoever watches the request has aborted it."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case; the last of several with one name."""
    body: bytes


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port


class HttpClient:
    """Keeps connections for a few seconds. Calls come from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: defaultdict[tuple[str, str, int], list[tuple[float, http.client.HTTPConnection]]] = defaultdict(
            list
        )

    def send(
        self, method: str, uri: str, headers: dict[str, str], body: Json, *, seconds: float, watch: Watch | None = None
    ) -> Response:
        """Raises HttpFailure (unreachable, lost, timeout, refused, unreadable) and Aborted."""
        target, data, sent_headers = _prepared(method, uri, headers, body)
        deadline = time.monotonic() + seconds
        connection, is_fresh = self._connection(target, method)
        with _Exchange(connection, deadline) as exchange, watch(exchange.abort) if watch else _nothing():
            with exchange.failing_as("unreachable"):
                if is_fresh:
                    connection.timeout = min(CONNECT_SECONDS, seconds)
                    connection.connect()
                exchange.connected()
            with exchange.failing_as("lost"):
                connection.request(method, target.path, data, sent_headers)
                response = connection.getresponse()
                content = _read(response)
            answer = Response(response.status, {k.lower(): v for k, v in response.getheaders()}, content)
            if not response.will_close:
                exchange.is_reusable = True
        if exchange.is_reusable:
            self._keep(target, connection)
        return answer

    def _connection(self, target: _Target, method: str) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it still has to be opened.

        A kept one may be closed by the other side in the same moment, so it only serves what may be sent twice.
        """
        if method in REPEATABLE:
            with self._lock:
                kept = self._idle[target.origin]
                while kept:
                    since, connection = kept.pop()
                    if time.monotonic() - since < IDLE_SECONDS and _is_alive(connection):
                        return connection, False
                    connection.close()
        if target.scheme == "https":
            return http.client.HTTPSConnection(target.host, target.port, context=_tls()), True
        return http.client.HTTPConnection(target.host, target.port), True

    def _keep(self, target: _Target, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            kept = self._idle[target.origin]
            kept.append((time.monotonic(), connection))
            for _, old in kept[:-MOST_IDLE]:
                old.close()
            del kept[:-MOST_IDLE]


class _Exchange:
    """A request under way, cut at its deadline however slowly the other side drips."""

    def __init__(self, connection: http.client.HTTPConnection, deadline: float) -> None:
        self.connection, self.deadline = connection, deadline
        self.is_reusable = self.is_aborted = self.is_late = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._late)
        self._timer.daemon = True

    def connected(self) -> None:
        self._socket = self.connection.sock
        if self._socket is not None:
            self._socket.settimeout(max(0.001, self.deadline - time.monotonic()))
        if self.is_late or self.is_aborted:
            raise OSError("too late")

    def abort(self) -> None:
        self.is_aborted = True
        self._cut()

    @contextmanager
    def failing_as(self, reason: str) -> Iterator[None]:
        """Turn whatever goes wrong into what it means."""
        try:
            yield
        except HttpFailure:
            raise
        except (ValueError, http.client.InvalidURL) as error:
            raise HttpFailure("refused", str(error)) from None
        except (OSError, http.client.HTTPException) as error:
            if self.is_aborted:
                raise Aborted from None
            if self.is_late or time.monotonic() >= self.deadline:
                raise HttpFailure("timeout", "no complete answer") from None
            raise HttpFailure(reason, _reason(error)) from None  # type: ignore[arg-type]  # one of its reasons

    def __enter__(self) -> _Exchange:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self.is_aborted or self.is_late:
            self.is_reusable = False
        if not self.is_reusable:
            self.connection.close()

    def _late(self) -> None:
        self.is_late = True
        self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it may have ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)


def _prepared(
    method: str, uri: str, headers: dict[str, str], body: Json
) -> tuple[_Target, bytes | None, dict[str, str]]:
    target = _target(uri)
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    given = {name.lower() for name in headers}
    sent = {name: _header(value) for name, value in headers.items() if name.lower() != "content-length"}
    sent |= {name: value for name, value in _DEFAULT_HEADERS.items() if name.lower() not in given}
    if data is not None and "content-type" not in given:
        sent["Content-Type"] = "application/json"
    if data is None and method in {"POST", "PUT", "PATCH"}:
        data = b""
    return target, data, sent


def _target(uri: str) -> _Target:
    try:
        parts = urlsplit(uri)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode() if not _is_ascii(parts) else parts.hostname or ""
    except (ValueError, UnicodeError) as error:
        raise HttpFailure("refused", f"the address is malformed: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise HttpFailure("refused", "the address needs http:// or https:// and a host")
    if parts.username or parts.password:
        raise HttpFailure("refused", "the address holds a user or password; use an Authorization header")
    path = quote(parts.path or "/", safe=SAFE_IN_TARGET)
    query = f"?{quote(parts.query, safe=SAFE_IN_TARGET)}" if parts.query else ""
    return _Target(parts.scheme, host, port, path + query)


def _is_ascii(parts: SplitResult) -> bool:
    return (parts.hostname or "").isascii()


def _header(value: str) -> str:
    """Latin-1 where it fits, as http.client wants it, else UTF-8 in the same disguise."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("latin-1")
    return value


def _read(response: http.client.HTTPResponse) -> bytes:
    content = response.read(LARGEST_BODY + 1)
    if len(content) > LARGEST_BODY:
        raise HttpFailure("unreadable", f"the answer has more than {LARGEST_BODY // 2**20} MB")
    # Reads the end of a chunked answer, without which the connection cannot be used again.
    if response.read(1):
        raise HttpFailure("unreadable", f"the answer has more than {LARGEST_BODY // 2**20} MB")
    if response.length not in (None, 0):
        raise http.client.IncompleteRead(content, response.length)
    return content


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke before the whole answer was there"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _is_alive(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has neither closed nor said anything."""
    return connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
