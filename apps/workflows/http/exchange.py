"""What a client takes and gives back. Apart from it, because importing the client takes a moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

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
    """Without its content codings. When the status tells of a failure: as much of it as could be read."""
