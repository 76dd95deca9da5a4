"""Asking runs to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.base import Conflict
from apps.backends.resource import Resource
from apps.backends.runs import Phase
from cli.output import Format, structured
from cli.runs.listing import find_run, phase_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.grpc_backend import GrpcBackend
    from cli.output import Console


def cancel(console: Console, backend: GrpcBackend, executions: Sequence[str], reason: str, output: Format) -> None:
    """Ask every run to end. Raises Conflict where one has ended, once all the others are asked and told."""
    asked: list[Resource] = []
    refusal: Conflict | None = None
    # All are looked up first: a mistyped id has nothing ended. One that is named twice is asked once.
    for execution_id in dict.fromkeys([find_run(backend, each).message.metadata.id for each in executions]):
        try:
            asked.append(Resource.of(backend.cancel_run(execution_id, reason)))
        except Conflict as error:
            refusal = refusal or error
    if output in (Format.JSON, Format.YAML) and asked:
        records = [each.record() for each in asked]
        console.data(structured(records if len(executions) > 1 else records[0], output))
    elif output not in (Format.JSON, Format.YAML):
        for run in asked:
            _tell(console, run, output)
    if refusal is not None:
        raise refusal


def _tell(console: Console, run: Resource, output: Format) -> None:
    execution_id = run.message.metadata.id
    if output is Format.NAME:
        console.data(execution_id)
    elif phase_of(run) is Phase.CANCELLED:
        console.done(f"Cancelled {execution_id}")
    else:
        console.done(f"Asked {execution_id} to end")
        console.print(f"Watch it end with `stigmer executions follow {execution_id}`")
