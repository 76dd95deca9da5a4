"""`stigmer executions`: runs of agents and workflows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from apps.backends.runs import Phase
from cli.command import Group, org_option, output_option
from cli.output import Console, Format, structured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Backend
    from apps.backends.config import Config
    from cli.resources import Resource
    from cli.runs.listing import Filter


# Of an agent's instance, a run knows no more than the session.
HAVE_RUNS = {"agent": ("Agent",), "workflow": ("Workflow", "WorkflowInstance")}


@click.group(
    cls=Group,
    examples="""
        stigmer executions list --phase failed
        stigmer executions show aex-01m84vtjb1p5003pehs82a2bad
        stigmer executions follow aex-01m84vtjb1p5003pehs82a2bad
    """,
)
def command() -> None:
    """List, show, follow and cancel runs of agents and workflows."""


@contextmanager
def connected(console: Console) -> Iterator[tuple[Config, Backend]]:
    """The configuration and a backend that answers."""
    from apps.backends.config import load
    from cli.connect import connect

    config = load()
    with connect(console, config) as backend:
        yield config, backend


@command.command(
    "list", examples="stigmer executions list\nstigmer executions list --agent support-agent --phase failed"
)
@click.option("--phase", type=click.Choice([phase.value for phase in Phase]), help="Only runs of this phase.")
@click.option("--agent", default="", metavar="NAME", help="Only runs of this agent.")
@click.option("--workflow", default="", metavar="NAME", help="Only runs of this workflow.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@org_option
@output_option()
@click.pass_obj
def list_runs(
    console: Console, /, *, phase: str | None, agent: str, workflow: str, limit: int, org: str, output: Format
) -> None:
    """List runs, newest first."""
    from apps.backends.config import resolve_organization
    from cli.runs.listing import newest

    if agent and workflow:
        raise click.UsageError("--agent and --workflow exclude each other")
    with connected(console) as (config, backend):
        organization = resolve_organization(config, org)
        wanted = filter_of(backend, phase, agent, workflow, organization)
        runs, is_cut = newest(backend, wanted, limit)
        print_runs(console, backend, runs, output)
    if is_cut:
        console.more("executions", output)


def list_some(console: Console, kinds: tuple[str, ...], org: str, limit: int, output: Format) -> None:
    """`stigmer get executions`: runs of these kinds."""
    from apps.backends.config import resolve_organization
    from cli.runs.listing import Filter, newest

    with connected(console) as (config, backend):
        resolve_organization(config, org)
        runs, is_cut = newest(backend, Filter(kinds=kinds), limit)
        print_runs(console, backend, runs, output)
    if is_cut:
        console.more("executions", output)


def filter_of(backend: Backend, phase: str | None, agent: str, workflow: str, org: str) -> Filter:
    """What the options mean. Raises a CliError for a name that nothing has."""
    from cli.runs.listing import Filter
    from cli.runs.target import find_target

    wanted = Filter(phase=Phase(phase) if phase else None)
    for noun, name, kind in (("agent", agent, "AgentExecution"), ("workflow", workflow, "WorkflowExecution")):
        if name:
            written = name if is_id(name) else f"{noun}/{name}"
            target = find_target(backend, written, org, command=f"stigmer executions list --{noun}")
            if target.kind not in HAVE_RUNS[noun]:
                raise click.UsageError(f"--{noun}: {name} is the id of something else")
            return wanted._replace(kinds=(kind,), target=target)
    return wanted


def is_id(name: str) -> bool:
    """Whether `name` has the form of an id of what can be run."""
    from cli.runs.target import RUNNABLE, is_id_of

    return any(is_id_of(kind, name) for kind in RUNNABLE)


def print_runs(console: Console, backend: Backend, runs: list[Resource], output: Format) -> None:
    """The list in the format asked for."""
    from cli.runs.listing import Names, as_table, records

    if output is Format.TABLE:
        console.data(as_table(runs, Names(backend))) if runs else console.print("No executions found.")
    elif output is not Format.NAME:
        console.data(structured(records(runs), output))
    elif runs:
        console.data("\n".join(run.message.metadata.id for run in runs))


@command.command(examples="stigmer executions show aex-01m84vtjb1p5003pehs82a2bad")
@click.argument("execution")
@output_option()
@click.pass_obj
def show(console: Console, execution: str, output: Format) -> None:
    """Show one run: what was said, which tools were called, which tasks ran, and how it ended."""
    from cli.runs.listing import Names, find_run
    from cli.runs.page import page_of_run

    with connected(console) as (_, backend):
        run = find_run(backend, execution)
        if output is Format.TABLE:
            console.data(page_of_run(run, Names(backend)))
        else:
            console.data(run.message.metadata.id if output is Format.NAME else structured(run.record(), output))


@command.command(examples="stigmer executions follow wex-01m84vtjb1p5003pehs82a2bad")
@click.argument("execution")
@output_option()
@click.pass_obj
def follow(console: Console, execution: str, output: Format) -> None:
    """Watch a run from its beginning to its end, as `stigmer run` does, with the same exit codes."""
    from cli.runs.listing import find_run
    from cli.runs.watch import Watch

    with connected(console) as (config, backend):
        run = find_run(backend, execution)
        Watch(console, config, backend, run.message.metadata.id, output).run()


@command.command(examples='stigmer executions cancel wex-01m84vtjb1p5003pehs82a2bad --reason "wrong input"')
@click.argument("execution")
@click.option("--reason", default="", metavar="TEXT", help="Why; becomes part of the run's error.")
@output_option()
@click.pass_obj
def cancel(console: Console, execution: str, reason: str, output: Format) -> None:
    """Ask a run to end, with the tools, tasks and agents it uses. It may take a moment."""
    from cli.resources import Resource
    from cli.runs.listing import find_run, phase_of

    with connected(console) as (_, backend):
        run = find_run(backend, execution)
        run = Resource.of(backend.cancel_run(run.message.metadata.id, reason))
    execution_id, phase = run.message.metadata.id, phase_of(run)
    if output in (Format.JSON, Format.YAML):
        console.data(structured(run.record(), output))
    elif output is Format.NAME:
        console.data(execution_id)
    elif phase is Phase.CANCELLED:
        console.done(f"Cancelled {execution_id}")
    else:
        console.done(f"Asked {execution_id} to end")
        console.print(f"Watch it end with `stigmer executions follow {execution_id}`")
