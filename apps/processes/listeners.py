"""Who listens on a port. psutil is loaded, which takes 15 ms: only for when something is in the way."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def find_listener(port: int) -> psutil.Process | None:
    """The process that listens on TCP `port`; None where the system does not tell (another user's), or nobody does."""
    import psutil

    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and connection.pid and local and local.port == port:
                return psutil.Process(connection.pid)
    return None
