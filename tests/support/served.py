"""What every stand-in has that serves in a thread of its own while it is entered."""

from __future__ import annotations

import threading
from socketserver import TCPServer
from types import TracebackType
from typing import Self


class Served:
    """Serves on loopback while it is entered; every connection has a thread of its own."""

    def __init__(self, server: TCPServer) -> None:
        self._server = server
        self.port = int(server.socket.getsockname()[1])
        """Known when it serves no more, too."""
        server.daemon_threads = True  # type: ignore[attr-defined]  # every server here mixes threads in
        self._thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
