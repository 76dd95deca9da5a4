"""A cable between a program and a broker, which tests pull out and put in again."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from types import TracebackType
from typing import Self


class Cable:
    """Listens on a port of its own while it is entered, and hands on both ways to where `url` leads."""

    def __init__(self, url: str) -> None:
        found = re.search(r"127\.0\.0\.1:(\d+)", url)
        assert found
        self._there = ("127.0.0.1", int(found[1]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(found[0], f"127.0.0.1:{self._listener.getsockname()[1]}")
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_out = False

    def pull(self) -> None:
        """Whoever is connected is cut off, and whoever connects is cut off at once."""
        with self._lock:
            self._is_out = True
            cut, self._open = self._open, set()
        for end in cut:
            _close(end)

    def plug(self) -> None:
        with self._lock:
            self._is_out = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()
        _close(self._listener)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                with self._lock:
                    if self._is_out:
                        here.close()
                        continue
                    there = socket.create_connection(self._there)
                    self._open |= {here, there}
                for source, target in ((here, there), (there, here)):
                    threading.Thread(target=_hand_on, args=[source, target], daemon=True).start()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    _close(source)
    _close(target)


def _close(end: socket.socket) -> None:
    """Now: `close` alone wakes nobody who reads from it."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
