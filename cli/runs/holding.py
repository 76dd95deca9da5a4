"""Pausing runs, letting them go on, and ending them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends import control
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format, structured
from cli.runs.listing import find_run, is_agent_run, phase_of

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from cli.output import Console

PAUSED = "paused"


def pause(console: Console, backend: GrpcBackend, written: str, reason: str, output: Format) -> None:
    """Have a run begin nothing new. Raises a CliError for one of an agent, and for one that has ended."""
    execution_id = of_a_workflow(backend, written)
    was_paused = waiting_of(backend, execution_id) == PAUSED
    control.pause(backend, execution_id, reason)
    if not told(console, backend, execution_id, output):
        return
    if was_paused:
        console.done(f"{execution_id} is paused already")
    else:
        console.done(f"Paused {execution_id}")
        console.print("What is under way ends, nothing new begins; timers and time limits run on.")
    console.print(f"Let it go on with `stigmer executions resume {execution_id}`")


def resume(console: Console, backend: GrpcBackend, written: str, reason: str, output: Format) -> None:
    """Let a run go on. Raises as `pause`."""
    execution_id = of_a_workflow(backend, written)
    was_paused = waiting_of(backend, execution_id) == PAUSED
    control.resume(backend, execution_id, reason)
    if not told(console, backend, execution_id, output):
        return
    console.done(f"{execution_id} goes on" if was_paused else f"{execution_id} was not paused")
    console.print(f"Watch it with `stigmer executions follow {execution_id}`")


def terminate(console: Console, backend: GrpcBackend, written: str, reason: str, output: Format) -> None:
    """End a run now. Raises Conflict for one that has ended."""
    execution_id = str(find_run(backend, written).message.metadata.id)
    control.terminate(backend, execution_id, reason)
    if told(console, backend, execution_id, output):
        console.done(f"Terminated {execution_id}")
        console.print("So are the runs that it waited for; what was begun outside may have been done.")


def of_a_workflow(backend: GrpcBackend, written: str) -> str:
    """The id of a run that can be held."""
    run = find_run(backend, written)
    execution_id, phase = run.message.metadata.id, phase_of(run)
    if is_agent_run(run):
        raise CliError(
            "runs of agents cannot be paused, only those of workflows",
            hint="" if phase.is_terminal else f"stigmer executions cancel {execution_id}",
            reason="stigmer.cli.only_workflows",
        )
    if phase.is_terminal:
        hint = f"stigmer executions rerun {execution_id}"
        raise CliError(f"{execution_id} has ended: {phase.value}", hint=hint, exit=Exit.CONFLICT)
    return str(execution_id)


def waiting_of(backend: GrpcBackend, execution_id: str) -> str:
    """What a run waits for; "" also where the server is too old to say."""
    from apps.backends.base import Unsupported
    from apps.backends.grpc_usage import GrpcUsage

    try:
        return str(GrpcUsage(backend).describe(execution_id).run.waiting)
    except Unsupported:
        return ""


def told(console: Console, backend: GrpcBackend, execution_id: str, output: Format) -> bool:
    """Whether people are to be told; a program gets the run."""
    if output is Format.NAME:
        console.data(execution_id)
    elif output is not Format.TABLE:
        console.data(structured(find_run(backend, execution_id).record(), output))
    return output is Format.TABLE
