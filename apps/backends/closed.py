"""What is left of a connection that was closed."""

from __future__ import annotations

from typing import NoReturn

from apps.backends.base import Unreachable


class Closed(Unreachable):
    """The program itself has closed its client: there is nobody to come back to."""

    reason = "stigmer.client.closed"

    def __init__(self) -> None:
        super().__init__("this client is closed", hint="Make another one")


class ClosedChannel:
    """In the place of a channel: gRPC's own says so by a ValueError, in its words."""

    def close(self) -> None:
        """As often as somebody likes."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Closed
