"""What a client takes and gives back. Apart from it, because importing the client takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE"})
"""Methods that, sent twice, do what they do once (RFC 9110, 9.2.2)."""
FROM_BETWEEN: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""Answers of something in between, which says nothing of what the other side did (RFC 9110, 15.6.3 and 15.6.5)."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case; the last of several with one name."""
    body: bytes
    """Without its content codings. When the status tells of a failure: as much of it as could be read."""
