"""Running what is deployed, from a program: `stigmer.Client` and `stigmer.AsyncClient`.

The rest of the SDK stands alone. This module needs the whole distribution, where it also finds and starts the daemon;
`import stigmer` does not load it, and this one does not load asyncio until one of its asynchronous classes is named.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.backends.client import AsyncBatch, AsyncClient, AsyncExecution, AsyncWatch, Batch, BatchResult

try:
    from apps.backends.base import (
        CallFailed,
        Conflict,
        Forbidden,
        Invalid,
        NotFound,
        NotReady,
        Unauthenticated,
        Unreachable,
    )
    from apps.backends.client import (
        Change,
        Client,
        Execution,
        NotAnswered,
        RunCancelled,
        RunFailed,
        RunTimedOut,
        Watch,
    )
    from apps.backends.errors import BackendError
    from apps.backends.runs import (
        MessageAdded,
        MessageEnded,
        MessagesDropped,
        OutputSet,
        Phase,
        PhaseChanged,
        RunEvent,
        SignalChanged,
        TaskChanged,
        TextAppended,
        ToolCalled,
    )
    from apps.backends.watching import WatchEvent
except ImportError as error:
    from stigmer.errors import DistributionMissing

    raise DistributionMissing(error) from error

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "AsyncExecution",
    "AsyncWatch",
    "BackendError",
    "Batch",
    "BatchResult",
    "CallFailed",
    "Change",
    "Client",
    "Conflict",
    "Execution",
    "Forbidden",
    "Invalid",
    "MessageAdded",
    "MessageEnded",
    "MessagesDropped",
    "NotAnswered",
    "NotFound",
    "NotReady",
    "OutputSet",
    "Phase",
    "PhaseChanged",
    "RunCancelled",
    "RunEvent",
    "RunFailed",
    "RunTimedOut",
    "SignalChanged",
    "TaskChanged",
    "TextAppended",
    "ToolCalled",
    "Unauthenticated",
    "Unreachable",
    "Watch",
    "WatchEvent",
]


def __getattr__(name: str) -> object:
    if name in ("AsyncBatch", "AsyncClient", "AsyncExecution", "AsyncWatch", "Batch", "BatchResult"):
        from apps.backends import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
