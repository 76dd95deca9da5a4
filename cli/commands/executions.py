"""`stigmer executions`: runs of agents and workflows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from apps.backends.runs import Phase
from cli.command import USUAL, Group, org_option, output_option
from cli.output import Console, Format, structured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Backend
    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.resource import Resource


def moment(context: click.Context, parameter: click.Parameter, written: str) -> float:
    """Seconds from the epoch."""
    from cli.runs.moments import moment_of

    return moment_of(context, parameter, written)


@click.group(
    cls=Group,
    examples="""
        stigmer executions list --phase failed
        stigmer executions show aex-01m84vtjb1p5003pehs82a2bad
        stigmer executions follow aex-01m84vtjb1p5003pehs82a2bad
    """,
)
def command() -> None:
    """List, show, follow, signal, pause, cancel, terminate and repeat runs of agents and workflows."""


@contextmanager
def connected(console: Console) -> Iterator[tuple[Config, GrpcBackend]]:
    """The configuration and a backend that answers."""
    from apps.backends.config import load
    from cli.connect import connect

    config = load()
    with connect(console, config) as backend:
        yield config, backend


@command.command(
    "list",
    examples="""
        stigmer executions list --agent support-agent --phase failed
        stigmer executions list --since 2h --text "order 1042"
        stigmer executions list --workflow report --input day=2026-11-23 --group error
    """,
)
@click.option("--phase", type=click.Choice([phase.value for phase in Phase]), help="Only runs of this phase.")
@click.option("--agent", default="", metavar="NAME", help="Only runs of this agent.")
@click.option("--workflow", default="", metavar="NAME", help="Only runs of this workflow.")
@click.option("--project", default="", metavar="NAME", help="Only runs of what this project owns.")
@click.option("--since", default="", metavar="WHEN", callback=moment, help="Only runs since: 2h, 30d, 2026-11-23.")
@click.option("--until", default="", metavar="WHEN", callback=moment, help="Only runs before that.")
@click.option("--text", default="", metavar="WORDS", help="Only runs that hold these words, wherever.")
@click.option("--error", default="", metavar="WORDS", help="Only runs with these words in their error.")
@click.option("--input", "inputs", metavar="K=V", multiple=True, help="Only runs with this input; repeatable.")
@click.option("-l", "--label", "labels", metavar="NAME=VALUE", multiple=True, help="Only with this label; repeatable.")
@click.option("--sort", type=click.Choice(["started", "duration", "tokens"]), default="started", help="By what.")
@click.option("--group", type=click.Choice(["error"]), help="Count them by what went wrong instead.")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@org_option
@output_option(Format.TABLE, Format.WIDE, Format.JSON, Format.YAML, Format.NAME)
@click.pass_obj
def list_runs(console: Console, /, *, limit: int, group: str | None, output: Format, **options: Any) -> None:
    """List runs, newest first: by what they are of, when they were created, how they ended, what stands in them."""
    from apps.backends.base import Unsupported
    from cli.runs import found

    if options["agent"] and options["workflow"]:
        raise click.UsageError("--agent and --workflow exclude each other")
    with connected(console) as (config, backend):
        query = found.query_of(config, backend, with_cost=output is Format.WIDE, **options)
        try:
            runs, is_cut = found.find(backend, query, limit)
        except Unsupported:
            is_cut = list_by_contract(console, config, backend, limit=limit, output=output, **options)
        else:
            found.show(console, backend, runs, output, groups=group is not None)
    if is_cut:
        console.more("executions", output)


def list_by_contract(
    console: Console, config: Config, backend: Backend, *, limit: int, output: Format, **options: Any
) -> bool:
    """At a server that knows the published contract alone. Whether there are more."""
    from apps.backends.base import Unsupported
    from apps.backends.config import resolve_organization
    from cli.errors import CliError
    from cli.runs import found
    from cli.runs.listing import newest

    known = ("phase", "agent", "workflow", "org", "sort")
    asked = next((name for name, value in options.items() if value and name not in known), "")
    if asked or options["sort"] != "started":
        raise CliError(f"the server is too old for --{(asked or 'sort').removesuffix('s')}", reason=Unsupported.reason)
    organization = resolve_organization(config, options["org"])
    wanted = found.filter_of(backend, options["phase"], options["agent"], options["workflow"], organization)
    runs, is_cut = newest(backend, wanted, limit)
    print_runs(console, backend, runs, output)
    return is_cut


def list_some(
    console: Console, kinds: tuple[str, ...], org: str, limit: int, output: Format, *, project: str = ""
) -> None:
    """`stigmer get executions`: runs of these kinds."""
    from apps.backends.config import resolve_organization
    from cli.projects import in_your_words
    from cli.runs.listing import Filter, newest

    with connected(console) as (config, backend):
        resolve_organization(config, org)
        with in_your_words(project):
            runs, is_cut = newest(backend, Filter(kinds=kinds, project=project), limit)
        print_runs(console, backend, runs, output)
    if is_cut:
        console.more("executions", output)


def print_runs(console: Console, backend: Backend, runs: list[Resource], output: Format) -> None:
    """The list in the format asked for."""
    from cli.runs.listing import Names, as_table, records

    if output in (Format.TABLE, Format.WIDE):
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
    """Show one run: what it was given and what came of it, what was said, called and done, and what to do next.

    Exits with 0, with 1 for a run that failed, with 8 for one that was cancelled.
    """
    from cli.runs.listing import Names, find_run, phase_of
    from cli.runs.outcome import EXITS
    from cli.runs.page import details_of, page_of_run

    with connected(console) as (_, backend):
        run = find_run(backend, execution)
        if output is Format.TABLE:
            console.data(page_of_run(run, Names(backend), details_of(backend, run.message.metadata.id)))
        else:
            console.data(run.message.metadata.id if output is Format.NAME else structured(run.record(), output))
    if code := EXITS.get(phase_of(run)):
        raise click.exceptions.Exit(code)


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


@command.command(
    examples="""
        stigmer executions cancel wex-01m84vtjb1p5003pehs82a2bad --reason "wrong input"
        stigmer executions cancel $(stigmer executions list --phase in-progress --workflow report -o name)
    """
)
@click.argument("executions", nargs=-1, required=True, metavar="EXECUTION...")
@click.option("--reason", default="", metavar="TEXT", help="Why; becomes part of the runs' errors.")
@output_option()
@click.pass_obj
def cancel(console: Console, executions: tuple[str, ...], reason: str, output: Format) -> None:
    """Ask runs to end, with the tools, tasks and agents they use. It may take a moment."""
    from cli.runs import cancelling

    with connected(console) as (_, backend):
        cancelling.cancel(console, backend, executions, reason, output)


@command.command(examples='stigmer executions terminate wex-01m84vtjb1p5003pehs82a2bad --reason "it hangs"')
@click.argument("execution")
@click.option("--reason", default="", metavar="TEXT", help="Why; becomes part of the run's error.")
@output_option()
@click.pass_obj
def terminate(console: Console, execution: str, reason: str, output: Format) -> None:
    """End a run now, with the runs it waits for, also where nothing answers any more.

    Nothing of it is asked, or tidies up: prefer `cancel`.
    """
    from cli.runs import holding

    with connected(console) as (_, backend):
        holding.terminate(console, backend, execution, reason, output)


@command.command(examples='stigmer executions pause wex-01m84vtjb1p5003pehs82a2bad --reason "the shop is closed"')
@click.argument("execution")
@click.option("--reason", default="", metavar="TEXT", help="Why, for whoever reads the run.")
@output_option()
@click.pass_obj
def pause(console: Console, execution: str, reason: str, output: Format) -> None:
    """Hold a run of a workflow: what is under way ends, and nothing new begins until `resume`."""
    from cli.runs import holding

    with connected(console) as (_, backend):
        holding.pause(console, backend, execution, reason, output)


@command.command(examples="stigmer executions resume wex-01m84vtjb1p5003pehs82a2bad")
@click.argument("execution")
@click.option("--reason", default="", metavar="TEXT", help="Why, for whoever reads the run.")
@output_option()
@click.pass_obj
def resume(console: Console, execution: str, reason: str, output: Format) -> None:
    """Let a run that was paused go on."""
    from cli.runs import holding

    with connected(console) as (_, backend):
        holding.resume(console, backend, execution, reason, output)


@command.command(
    examples="""
        stigmer executions signal wex-01m84vtjb1p5003pehs82a2bad approved
        stigmer executions signal wex-01m84vtjb1p5003pehs82a2bad order --data '{"amount": 7}' --id order-1042 --wait
        stigmer executions signal wex-01m84vtjb1p5003pehs82a2bad progress --query -o json
    """
)
@click.argument("execution")
@click.argument("name")
@click.option("--data", default="", metavar="JSON", help="What it carries; `-` reads standard input. Without: null.")
@click.option("--id", "key", default="", metavar="TEXT", help="Names this signal: sent again, it is the same one.")
@click.option("--wait", is_flag=True, help="Wait for the output of the task that takes it, and print it.")
@click.option("--query", is_flag=True, help="Ask for the data of the run where a task allows this query.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait so long for an answer.")
@output_option()
@click.pass_obj
def signal(console: Console, /, execution: str, name: str, output: Format, **options: Any) -> None:
    """Send a signal to a run of a workflow, for a task that listens; it is kept until one takes it."""
    from cli.runs import signalling

    if options["query"] and (options["wait"] or options["data"] or options["key"]):
        raise click.UsageError("--query goes with neither --wait nor --data nor --id")
    if options["timeout"] is not None and not (options["wait"] or options["query"]):
        raise click.UsageError("--timeout goes with --wait or --query")
    data = signalling.read_data(options.pop("data"))
    with connected(console) as (_, backend):
        signalling.signal(console, backend, execution, name, data, output, **options)


@command.command(
    examples="""
        stigmer executions rerun wex-01m84vtjb1p5003pehs82a2bad
        stigmer executions rerun $(stigmer executions list --phase failed --since 1d -o name)
        stigmer executions rerun --failed report-20261123-194502-4f2a
    """
)
@click.argument("executions", metavar="[EXECUTION...]", nargs=-1)
@click.option("--failed", default="", metavar="BATCH", help="What failed of a batch, and watch it as that was.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=8, show_default=True, help="Of a batch: so many at a time."
)
@click.option("--pinned", is_flag=True, help="By the definition that the workflow had then, not by that of today.")
@output_option(*USUAL, Format.JSONL)
@click.pass_obj
def rerun(
    console: Console, executions: tuple[str, ...], *, failed: str, parallel: int, pinned: bool, output: Format
) -> None:
    """Start runs once more with what they were given; an agent answers in a new session."""
    if bool(failed) == bool(executions):
        raise click.UsageError("name executions, or a batch by --failed")
    if (output is Format.JSONL) > bool(failed) or (failed and output in (Format.JSON, Format.YAML)):
        raise click.UsageError("results of a batch are printed as --output jsonl, and nothing else is")
    if failed:
        from cli.batches.batch import rerun_failed

        with connected(console) as (config, backend):
            rerun_failed(console, config, backend, failed, pinned=pinned, parallel=parallel, output=output)
        return
    from cli.runs import again

    with connected(console) as (_, backend):
        again.rerun(console, backend, executions, output, pinned=pinned)


@command.command(
    examples="""
        stigmer executions retry wex-01m84vtjb1p5003pehs82a2bad
        stigmer executions retry wex-01m84vtjb1p5003pehs82a2bad --from fetch
        stigmer executions retry $(stigmer executions list --workflow report --phase failed --since 1d -o name)
    """
)
@click.argument("executions", metavar="EXECUTION...", nargs=-1, required=True)
@click.option("--from", "task", default="", metavar="TASK", help="Name or path of the first task that is done anew.")
@output_option()
@click.pass_obj
def retry(console: Console, executions: tuple[str, ...], task: str, output: Format) -> None:
    """Have runs of workflows go on from the task that failed, in new runs: what was done before is not done again."""
    from cli.runs import again

    with connected(console) as (_, backend):
        again.retry(console, backend, executions, task, output)
