"""What is asked, made ready to be sent: the address taken apart, headers and body as bytes.

No sentence here quotes a library: its words may hold what was sent, secrets included, in a form that no mask knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from apps.shared.http_headers import complaint_of_value
from apps.workflows.calls import CallFailed
from apps.workflows.http.bodies import JSON_TYPE, encode_body, packed
from apps.workflows.values import Json

SAFE_IN_TARGET = "!#$%&'()*+,/:;=?@[]~"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_DEFAULTS = {"Accept": "application/json, */*", "Accept-Encoding": "gzip, deflate", "User-Agent": "stigmer"}
_OURS = frozenset({"content-length", "transfer-encoding"})
"""Headers that follow from how the body is sent; the author's are left out."""
_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True)
class Origin:
    """Whom a connection leads to."""

    scheme: str
    host: str
    """In ASCII; an address of IPv6 without its brackets."""
    port: int

    def __str__(self) -> str:
        """As the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Request:
    method: str
    origin: Origin
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes | None


def prepare(method: str, uri: str, headers: dict[str, str], body: dict[str, Json] | None) -> Request:
    """Raises CallFailed (refused) for what cannot be sent."""
    origin, target = _taken_apart(uri)
    given = {name.lower(): value for name, value in headers.items()}
    sent = {name: value for name, value in headers.items() if name.lower() not in _OURS}
    sent |= {name: value for name, value in _DEFAULTS.items() if name.lower() not in given}
    data = b"" if method in {"POST", "PUT", "PATCH"} else None
    if body is not None:
        data, content_type = encode_body(body, given.get("content-type", JSON_TYPE))
        data = packed(data, given.get("content-encoding", ""))
        sent = {name: value for name, value in sent.items() if name.lower() != "content-type"}
        sent["Content-Type"] = content_type
    if data is not None:
        sent["Content-Length"] = str(len(data))
    if "host" not in given:
        sent = {"Host": str(origin), **sent}
    return Request(method, origin, target, [_header(name, value) for name, value in sent.items()], data)


def _taken_apart(uri: str) -> tuple[Origin, bytes]:
    try:
        parts = urlsplit(uri)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # UnicodeError is one
        raise CallFailed("refused", "the address is malformed: its host or port cannot be read") from None
    if not port or not host:
        raise CallFailed("refused", "the address needs http:// or https:// and a host")
    if parts.username or parts.password:
        raise CallFailed("refused", "the address holds a user or password; use an Authorization header")
    path = quote(parts.path or "/", safe=SAFE_IN_TARGET)
    query = f"?{quote(parts.query, safe=SAFE_IN_TARGET)}" if parts.query else ""
    return Origin(parts.scheme, host, port), (path + query).encode()


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    """The value in Latin-1 where that has all of it, else in UTF-8."""
    if not _NAME.fullmatch(name):
        raise CallFailed("refused", f"{name!r} cannot be the name of a header")
    if complaint := complaint_of_value(name, value):
        raise CallFailed("refused", complaint)
    value = value.strip(" \t")
    try:
        return name.encode(), value.encode("latin-1")
    except UnicodeEncodeError:
        return name.encode(), value.encode("utf-8", "replace")
