"""Sending signals to runs of workflows."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format, structured
from cli.runs.listing import find_run, is_agent_run

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.runs import Json
    from apps.backends.signals import SignalFate
    from cli.output import Console

QUERY_SECONDS = 20.0


def read_data(written: str) -> Json:
    """What a signal carries, as it was written; `-` is what stands in standard input."""
    text = sys.stdin.read() if written == "-" else written
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}; a text is written '\"so\"'", param_hint="--data") from None


def signal(
    console: Console,
    backend: GrpcBackend,
    written: str,
    name: str,
    data: Json,
    output: Format,
    *,
    key: str,
    wait: bool,
    query: bool,
    timeout: float | None,
) -> None:
    """Send it; with `wait` or `query` print the answer. Raises a CliError where there is none in time."""
    from apps.backends import signals

    run = find_run(backend, written)
    execution_id = str(run.message.metadata.id)
    if is_agent_run(run):
        raise CliError("runs of agents take no signals, only those of workflows", reason="stigmer.cli.only_workflows")
    if not (wait or query):
        fate = signals.send(backend, execution_id, name, data, key=key)
        _tell_sent(console, execution_id, name, fate, output)
        return
    kind = signals.QUERY if query else signals.UPDATE
    seconds = QUERY_SECONDS if query and timeout is None else timeout
    fate = signals.ask(backend, execution_id, name, data, key=key, kind=kind, seconds=seconds)
    if fate.state != signals.TAKEN:
        why = "the run ended" if fate.state == signals.UNUSED else f"{seconds:g} seconds were over"
        raise CliError(
            f"no task answered {name} before {why}",
            hint=f"See what it listens for: stigmer executions show {execution_id}",
            exit=Exit.CONFLICT,
        )
    if output in (Format.JSON, Format.YAML):
        console.data(structured(asdict(fate), output))
    else:
        console.data(fate.id if output is Format.NAME else json.dumps(fate.answer, ensure_ascii=False))


def _tell_sent(console: Console, execution_id: str, name: str, fate: SignalFate, output: Format) -> None:
    if output in (Format.JSON, Format.YAML):
        console.data(structured(asdict(fate), output))
    elif output is Format.NAME:
        console.data(fate.id)
    elif fate.task:
        console.done(f"{name} was sent before, and taken by {fate.task}")
    else:
        console.done(f"Sent {name} to {execution_id}")
        console.print("It is kept until a task of the run takes it.")
