"""The database, read from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import close_old_connections

Answer = TypeVar("Answer")


async def in_thread(look: Callable[[], Answer]) -> Answer:
    """Read from the database in a thread."""

    def with_connection() -> Answer:
        close_old_connections()
        return look()

    return await asyncio.to_thread(with_connection)
