"""Meeting a server of another version: an idle one is replaced, a busy one only when a person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from apps.backends.run_kinds import RUN_KINDS
from apps.backends.runs import Phase
from apps.backends.version import VERSION
from apps.shared.counts import counted
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.local.running import RunningDaemon
    from cli.output import Console

UNDER_WAY = (Phase.PENDING, Phase.IN_PROGRESS)


def handshake(console: Console) -> Callable[[RunningDaemon], None]:
    """What `ensure_running` calls before it ends a server of another version.

    Raises to keep it: a CliError where nobody can be asked, Exit for a no.
    """

    def agree(running: RunningDaemon) -> None:
        count = runs_under_way(running)
        if count == 0:
            return
        runs = f"{counted(count, 'run')} {'is' if count == 1 else 'are'} under way"
        if not console.may_ask:
            raise CliError(
                f"the server that runs is version {running.version}, this is {VERSION}, and {runs} there",
                hint="Try again when that is over, or have its successor take it over: `stigmer server restart`",
                exit=Exit.CONFLICT,
            )
        answer = console.ask(
            f"The server that runs is version {running.version}, this is {VERSION}, and {runs} there.\n"
            "Its successor takes over from the last checkpoint. Replace it now? [y/N]"
        )
        if answer.lower() not in {"y", "yes"}:
            console.print("The server was not replaced.")
            raise click.exceptions.Exit(Exit.CANCELLED)

    return agree


def runs_under_way(running: RunningDaemon) -> int:
    """How many runs this server works on, at least; 0 where it cannot tell."""
    from apps.backends.base import CallFailed
    from apps.backends.grpc_backend import GrpcBackend

    backend = GrpcBackend(running.endpoint, running.token)
    try:
        return sum(len(backend.list_runs(kind, phase=phase).items) for kind in RUN_KINDS for phase in UNDER_WAY)
    except CallFailed:
        return 0
    finally:
        backend.close()
