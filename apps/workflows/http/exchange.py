"""What a client takes and gives back. Apart from it, because importing the client takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE"})
"""Methods that, sent twice, do what they do once (RFC 9110, 9.2.2)."""
FROM_BETWEEN: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, 520, 524, 598})
"""Answers of something in between, which says nothing of what the other side did (RFC 9110, 15.6.3 and 15.6.5).

Those that are no part of HTTP: an answer that Cloudflare could not read (520) or did not wait for (524), and the same
of other proxies (598). Its 521, 522, 523 and 525 say that no request went through.
"""
NOTHING_DONE: Final = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, 521, 522, 523, 525})
"""Answers of 500 to 599 that say that the request was not worked on; any other may come after half of it was done."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case; the last of several with one name."""
    body: bytes
    """Without its content codings. When the status tells of a failure: as much of it as could be read."""
