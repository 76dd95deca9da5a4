"""Starting runs once more, from the beginning or from where they failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.resource import Resource
from cli.errors import CliError
from cli.output import Format, structured
from cli.runs.listing import find_run, is_agent_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from apps.backends.grpc_backend import GrpcBackend
    from cli.output import Console

FROM, TRY = "stigmer.ai/retry-from", "stigmer.ai/try"


def rerun(console: Console, backend: GrpcBackend, executions: Sequence[str], output: Format, *, pinned: bool) -> None:
    """From the beginning."""

    def once_more(run: Resource) -> Resource:
        return Resource.of(backend.rerun(run.message.metadata.id, pinned=pinned))

    tell(console, [find_run(backend, each) for each in executions], once_more, output, "Started {id} again")


def retry(console: Console, backend: GrpcBackend, executions: Sequence[str], task: str, output: Format) -> None:
    """From the task that failed, or from `task`. Raises a CliError for runs of agents, before any is started."""
    runs = [find_run(backend, each) for each in executions]
    for run in runs:
        if is_agent_run(run):
            raise CliError(
                f"{run.message.metadata.id} is a run of an agent, and only those of workflows are retried",
                hint=f"stigmer executions rerun {run.message.metadata.id}",
                reason="stigmer.cli.only_workflows",
            )

    def go_on(run: Resource) -> Resource:
        return Resource.of(backend.retry(run.message.metadata.id, task=task))

    tell(console, runs, go_on, output, "{id} goes on from {task}, as try {number}")


def tell(
    console: Console, runs: Sequence[Resource], start: Callable[[Resource], Resource], output: Format, done: str
) -> None:
    """Start one after the other. Where one is refused, those that were started are told all the same."""
    made: list[Resource] = []

    def started() -> Iterator[tuple[Resource, Resource]]:
        for run in runs:
            made.append(start(run))
            yield run, made[-1]

    if output in (Format.JSON, Format.YAML):
        try:
            for _ in started():
                pass
        finally:
            if made:
                console.data(structured([each.record() for each in made], output))
        return
    for run, again in started():
        metadata = again.message.metadata
        if output is Format.TABLE:
            notes = metadata.annotations
            task, number = notes.get(FROM, ""), notes.get(TRY, "")
            console.done(done.format(id=run.message.metadata.id, task=task, number=number))
        console.data(metadata.id if output is Format.NAME else f"Execution ID: {metadata.id}")
