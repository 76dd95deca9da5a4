"""Room for streams: each holds a thread for as long as it lasts, which may be hours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from apps.resources.errors import TooManyStreams
from apps.resources.storage.connections import borrow, give_back

MOST_STREAMS: Final = 256
_REFUSING: Final = 8
"""Threads for those that find no room: they must be told."""


class StreamRoom:
    """Streams have threads of their own, which unary calls do not share. `most` of them find room at a time."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self.most = most
        self.threads = ThreadPoolExecutor(most + _REFUSING, thread_name_prefix="stream")
        self._free = threading.Semaphore(most)

    @contextmanager
    def place(self) -> Iterator[None]:
        """For one stream, on its thread, which has a database connection no longer than that. Raises TooManyStreams."""
        if not self._free.acquire(blocking=False):
            raise TooManyStreams(self.most)
        try:
            borrow()
            yield
        finally:
            self._free.release()
            give_back()
