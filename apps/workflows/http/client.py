"""One HTTP request: sent once, no redirect followed, no proxy from the environment, no longer than asked.

Over httpcore, whose trace tells what a ledger needs to know: whether a request that failed had been sent.
"""

from __future__ import annotations

import codecs
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from http import HTTPStatus
from itertools import chain
from typing import Any

import httpcore2

from apps.shared.reach import AddressRefused, Reach
from apps.shared.tls import is_refused_by_tls, tls_words
from apps.workflows.calls import CallAborted, CallFailed, Watch
from apps.workflows.http.connection import CONNECT_SECONDS, Connection
from apps.workflows.http.content_coding import unpacked
from apps.workflows.http.exchange import REPEATABLE, Response
from apps.workflows.http.request import Origin, Request, prepare
from apps.workflows.values import Json

LARGEST_BODY = 10 * 2**20
_NOTED = 4096
"""Bytes kept of a body as it came, while it is unpacked."""
MOST_IDLE = 32

_BROKEN = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError)


class HttpClient:
    """Keeps connections for a few seconds. Calls come from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)

    def send(
        self,
        method: str,
        uri: str,
        headers: dict[str, str],
        body: Json,
        *,
        seconds: float,
        watch: Watch | None = None,
        reach: Reach | None = None,
    ) -> Response:
        """`reach` is the same for all requests of a client.

        Raises CallFailed (unreachable, forbidden, untrusted, lost, timeout, refused, unreadable, garbled) and
        CallAborted.
        """
        request = prepare(method, uri, headers, body)
        connection = self._connection(request, reach)
        exchange = _Exchange(connection, seconds)
        try:
            with watch(exchange.abort) if watch else nullcontext():
                response = exchange.run(request)
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return response

    def close(self) -> None:
        """Close the connections that are kept; those in use are closed with their requests."""
        with self._lock:
            for connection in chain.from_iterable(self._idle.values()):
                connection.close()
            self._idle.clear()

    def _connection(self, request: Request, reach: Reach | None) -> Connection:
        """A kept one may be closed by the other side in the same moment, so it only serves what may be sent twice."""
        if request.method in REPEATABLE:
            with self._lock:
                kept = self._idle[request.origin]
                while kept:
                    connection = kept.pop()
                    if connection.is_reusable:
                        return connection
                    connection.close()
        return Connection(request.origin, reach)

    def _keep(self, connection: Connection) -> None:
        if not connection.is_reusable:
            connection.close()
            return
        with self._lock:
            kept = self._idle[connection.origin]
            kept.append(connection)
            for old in kept[:-MOST_IDLE]:
                old.close()
            del kept[:-MOST_IDLE]


class _Exchange:
    """A request under way, and what its failure means."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection, self._deadline = connection, time.monotonic() + seconds
        self._step = "connection"
        self._is_aborted = False
        connection.deadline = self._deadline

    def abort(self) -> None:
        self._is_aborted = True
        self._connection.cut()

    def run(self, request: Request) -> Response:
        try:
            return self._run(request)
        except AddressRefused as error:
            raise CallFailed("forbidden", str(error)) from None
        except _BROKEN as error:
            raise self._meaning(error) from None

    def _run(self, request: Request) -> Response:
        origin = request.origin
        url = httpcore2.URL(
            scheme=origin.scheme.encode(), host=origin.host.encode(), port=origin.port, target=request.target
        )
        response = self._connection.send(
            httpcore2.Request(
                request.method, url, headers=request.headers, content=request.body, extensions={"trace": self._note}
            )
        )
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        try:
            content = self._content(response, _codings(response.headers))
        finally:
            response.close()
        if self._is_aborted:
            raise CallAborted
        return Response(response.status, headers, content)

    def _content(self, response: httpcore2.Response, codings: str) -> bytes:
        content, packed = bytearray(), bytearray()
        try:
            for piece in unpacked(codings, _noted(response.iter_stream(), packed)):
                content += _within_limit(piece, len(content))
        except (CallFailed, *_BROKEN):
            # A failure is one whatever becomes of the text that explains it.
            if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                raise
            # Proxies send errors of their own under the coding of what they could not get.
            return bytes(content) or (bytes(packed) if _is_text(packed) else b"")
        return bytes(content)

    def _note(self, event: str, _info: dict[str, Any]) -> None:  # Any: httpcore's signature
        """Told by httpcore of every step: `connection.connect_tcp.started`, `http11.send_request_headers.started`..."""
        self._step = event
        if self._is_aborted and event.endswith(".started"):
            raise CallAborted

    def _meaning(self, error: Exception) -> CallFailed | CallAborted:
        if self._is_aborted:
            return CallAborted()
        if time.monotonic() >= self._deadline:
            return CallFailed("timeout", "no complete answer")
        if isinstance(error, httpcore2.LocalProtocolError):
            return CallFailed("refused", "its headers break the rules of HTTP")
        if isinstance(error, httpcore2.RemoteProtocolError) and not self._connection.has_ended:
            return CallFailed("garbled", _fault(error))
        cause = error.__cause__ or error
        if not self._step.startswith("connection"):
            return CallFailed("lost", _reason(cause))
        return CallFailed("untrusted" if is_refused_by_tls(cause) else "unreachable", _reason(cause))


def _codings(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The list that Content-Encoding is, which may be spread over several lines."""
    return ",".join(value.decode("latin-1") for name, value in headers if name.lower() == b"content-encoding")


def _noted(pieces: Iterable[bytes], start: bytearray) -> Iterator[bytes]:
    """The pieces; the first few kB of them are put into `start`, too."""
    for piece in pieces:
        start += piece[: max(0, _NOTED - len(start))]
        yield piece


def _is_text(start: bytes | bytearray) -> bool:
    """Whether the first bytes of a body are text in UTF-8, of which the last character may be cut."""
    try:
        found, _ = codecs.utf_8_decode(start, "strict", False)
    except UnicodeError:
        return False
    return "\0" not in found


def _within_limit(piece: bytes, so_far: int) -> bytes:
    if so_far + len(piece) > LARGEST_BODY:
        raise CallFailed("unreadable", f"the answer has more than {LARGEST_BODY // 2**20} MB")
    return piece


def _fault(error: httpcore2.RemoteProtocolError) -> str:
    """What is wrong with an answer. The library's own words quote it."""
    if getattr(error.__cause__, "error_status_hint", 0) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return "the headers of the answer are longer than 100 kB"
    return "the answer breaks the rules of HTTP"


def _reason(error: BaseException) -> str:
    """What went wrong with a connection, in a sentence that quotes nothing that was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS failed, {tls_words(error)}"
    if isinstance(error, ssl.SSLError):
        return tls_words(error)
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "the connection broke before the whole answer was there"
