"""What a client takes and gives back. Apart from it, because importing the client takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE"})
"""Methods that, sent twice, do what they do once (RFC 9110, 9.2.2)."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case; the last of several with one name."""
    body: bytes
    """Without its content codings. When the status tells of a failure: as much of it as could be read."""
