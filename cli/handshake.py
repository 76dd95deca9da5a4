"""Meeting a server of another version: an idle one is replaced, a busy one only when a person says so."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from apps.backends.runs import RUN_KINDS, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.local.running import RunningDaemon
    from cli.output import Console

UNDER_WAY = (Phase.PENDING, Phase.IN_PROGRESS)


def replacement(console: Console) -> Callable[[RunningDaemon], bool]:
    """What `ensure_running` asks before it ends a server of another version."""

    def may_replace(running: RunningDaemon) -> bool:
        count = runs_under_way(running.endpoint)
        return count == 0 or (console.may_ask and is_agreed(running.version, count))

    return may_replace


def runs_under_way(endpoint: str) -> int:
    """How many runs the server at `endpoint` works on, at least; 0 where it cannot tell."""
    from apps.backends.base import CallFailed
    from apps.backends.grpc_backend import GrpcBackend

    backend = GrpcBackend(endpoint)
    try:
        return sum(len(backend.list_runs(kind, phase=phase).items) for kind in RUN_KINDS for phase in UNDER_WAY)
    except CallFailed:
        return 0
    finally:
        backend.close()


def is_agreed(version: str, count: int) -> bool:
    """Ask whether to interrupt what the other server does."""
    runs = "1 run is" if count == 1 else f"{count} runs are"
    sys.stderr.write(
        f"A server of version {version} is up, and {runs} under way.\n"
        "Its successor takes them over, from their last checkpoint. Replace it now? [y/N] "
    )
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
