"""`stigmer run`: start a run and watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.command import USUAL, Command, output_option
from cli.commands.apply import source_options
from cli.output import Console, Format

if TYPE_CHECKING:
    from cli.batches.batch import BatchOptions
    from cli.runs.job import Job


def filled(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """What was given, "" for nothing. Refuses what is empty: `stigmer run "$NAME"` without a NAME means no project."""
    if value == "":
        raise click.UsageError(f"the {parameter.human_readable_name} is empty", context)
    return value or ""


def filled_each(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """As `filled`, of each."""
    if "" in values:
        raise click.UsageError(f"--{parameter.opts[0].removeprefix('--')} is empty", context)
    return values


@click.command(
    cls=Command,
    examples="""
        stigmer run
        stigmer run support-agent -m "Where is my order 1042?"
        stigmer run --session ses-01m84vtjb1p5003pehs82a2bad -m "And when?"
        stigmer run agent/support-agent -m hello --model scripted:answers.yaml
        stigmer run support-agent -m - < question.txt
        stigmer run report --input day=2026-11-23 --input amount:=7
        stigmer run report --batch days.csv --parallel 4
        stigmer run report --env production
        stigmer run report --runtime-env REGION=eu --runtime-env secret:API_KEY
    """,
)
@click.argument("name", required=False, callback=filled)
@click.option(
    "-m",
    "--message",
    default="",
    metavar="TEXT",
    help="What to say to the agent, or to the workflow; `-` reads standard input.",
)
@click.option(
    "--input",
    "inputs",
    metavar="K=V",
    multiple=True,
    help="A text of the workflow's input, `$input.K` in it; K:=JSON gives a number, true, a list; repeatable.",
)
@click.option(
    "--env",
    "environments",
    metavar="NAME",
    multiple=True,
    callback=filled_each,
    help="An environment for this run, after those of its instance; repeatable, later ones win.",
)
@click.option(
    "--input-file",
    default="",
    metavar="FILE",
    help="The workflow's input, an object in a JSON or YAML file; `-` reads standard input. --input overrides it.",
)
@click.option(
    "--runtime-env",
    "environment",
    metavar="K=V",
    multiple=True,
    help="A value for this run; repeatable. secret:K asks for a secret, or reads a line of standard input.",
)
@click.option("--session", metavar="ID", callback=filled, help="Go on with this conversation.")
@click.option("--model", default="", metavar="PROVIDER:MODEL", help="The model that answers, for this run.")
@click.option("--batch", default="", metavar="FILE", help="One run for each line of a .jsonl or .csv file.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=8, show_default=True, help="Of a batch: so many at a time."
)
@click.option("--resume", default="", metavar="BATCH", help="Go on with a batch of the same file that was left.")
@click.option("--follow/--no-follow", default=True, help="Watch the run to its end (default), or only start it.")
@click.option("--apply", "apply_first", is_flag=True, help="Deploy the project first; without NAME always done.")
@source_options
@output_option(*USUAL, Format.JSONL)
@click.pass_obj
def command(console: Console, /, *, output: Format, **options: Any) -> None:
    """Run the agent or workflow called NAME (a name or an id), and watch it until it ends.

    Without NAME, deploy the project of the current directory and run what it declares.
    What an agent says goes to standard output as it says it, and so does a workflow's output; everything else to
    standard error. Ctrl-C stops watching; the run goes on.
    With --batch every line is checked before the first run starts, and Ctrl-C starts nothing more.
    Exits with 0 when the run completed, with 1 when it failed, with 8 when it was cancelled.
    """
    wanted = {name: options.pop(name) for name in ("batch", "parallel", "resume")}
    several = batch_options(**wanted, options=options, output=output)
    if several is None:
        from cli.runs.job import start

        start(console, job(console, output=output, **options))
    else:
        from cli.batches import batch

        batch.start(console, job(console, output=output, **options), several)


def job(
    console: Console,
    *,
    name: str,
    message: str,
    inputs: tuple[str, ...],
    environments: tuple[str, ...],
    input_file: str,
    environment: tuple[str, ...],
    session: str,
    model: str,
    follow: bool,
    apply_first: bool,
    output: Format,
    **source: Any,  # the options of source_options
) -> Job:
    """What to run and how, from the options."""
    from cli.commands.apply import request
    from cli.runs.job import Job
    from cli.runs.run_input import read_input_file, read_inputs
    from cli.runs.runtime_env import read_message, read_values
    from cli.runs.start import Wish, located_model

    from_file = read_input_file(input_file) if input_file not in ("", "-") else {}
    # Changes the directory: what follows means paths as seen from there.
    deployment = request(dry_run=False, message="", output=Format.TABLE, **source)
    if session and not message and not console.may_ask:
        raise click.UsageError("--session needs a message: -m TEXT")
    if input_file == message == "-":
        raise click.UsageError("--input-file and --message cannot both be read from standard input")
    values = read_values(console, environment)
    if input_file == "-":
        from_file = read_input_file(input_file)  # after the secrets, too
    return Job(
        name=name,
        wish=Wish(
            # After the secrets: each of those is one line of standard input.
            message=read_message(message),
            inputs=from_file | read_inputs(inputs),
            session_id=session,
            environments=environments,
            model=located_model(model),
            environment=values,
        ),
        applies=apply_first or bool(deployment.files) or not (name or session),
        deployment=deployment,
        follows=follow,
        output=output,
    )


def batch_options(
    *, batch: str, parallel: int, resume: str, options: dict[str, Any], output: Format
) -> BatchOptions | None:
    """How to run a batch, None where there is none. Raises a usage error for what does not go together.

    `options` are the others of the command.
    """
    if not batch:
        if resume or output is Format.JSONL:
            raise click.UsageError(f"{'--resume' if resume else '--output jsonl'} is for --batch")
        return None
    from cli.batches.batch import BatchOptions

    if not options["name"]:
        raise click.UsageError("--batch needs a NAME: what each line is run by")
    given = {"--apply": options["apply_first"], "--no-follow": not options["follow"], "--session": options["session"]}
    if other := next((name for name, is_given in given.items() if is_given), ""):
        raise click.UsageError(f"--batch and {other} exclude each other")
    if output in (Format.JSON, Format.YAML):
        raise click.UsageError("the results of a batch are printed as they come: --output jsonl")
    import os

    # What follows may change the directory.
    return BatchOptions(os.path.abspath(os.path.expanduser(batch)), parallel, resume)  # noqa: PTH100, PTH111
