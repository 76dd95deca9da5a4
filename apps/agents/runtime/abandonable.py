"""Waiting for what may block for ever, such as a file of somebody else's, without being kept by it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Value = TypeVar("Value")


async def in_thread(call: Callable[[], Value]) -> Value:
    """What `call` answers or raises. Who is cancelled meanwhile goes on at once; the thread is left to itself.

    Not `asyncio.to_thread`: the loop waits for its threads when it is closed, and the process when it ends.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Value] = loop.create_future()

    def tell(set_outcome: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if future.done() else set_outcome())

    def work() -> None:
        try:
            value = call()
        except Exception as error:  # handed on, whatever it is
            failure = error
            tell(lambda: future.set_exception(failure))
        else:
            tell(lambda: future.set_result(value))

    threading.Thread(target=work, name="abandonable", daemon=True).start()
    return await future
