"""Stigmer from a program: what `stigmer.Client` and `stigmer.AsyncClient` are.

They find the daemon as the command line does, start it where there is none, and speak to it through the same
Backend. `sync.py` does the work; `asynchronous.py` is the same for programs on an event loop, loaded when it is named:
asyncio takes longer than all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.client.outcome import NotAnswered, RunCancelled, RunFailed, RunTimedOut
from apps.backends.client.sync import Client, Execution
from apps.backends.client.watch import Change, Watch

if TYPE_CHECKING:
    from apps.backends.client.asynchronous import AsyncBatch, AsyncClient, AsyncExecution, AsyncWatch
    from apps.backends.client.batch import Batch, BatchResult

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "AsyncExecution",
    "AsyncWatch",
    "Batch",
    "BatchResult",
    "Change",
    "Client",
    "Execution",
    "NotAnswered",
    "RunCancelled",
    "RunFailed",
    "RunTimedOut",
    "Watch",
]


def __getattr__(name: str) -> object:
    if name in ("Batch", "BatchResult"):
        from apps.backends.client import batch

        return getattr(batch, name)
    if name in ("AsyncBatch", "AsyncClient", "AsyncExecution", "AsyncWatch"):
        from apps.backends.client import asynchronous

        return getattr(asynchronous, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
