"""`stigmer run`: start a run and watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.command import Command, output_option
from cli.commands.apply import source_options
from cli.output import Console, Format

if TYPE_CHECKING:
    from cli.runs.job import Job


def filled(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """What was given, "" for nothing. Refuses what is empty: `stigmer run "$NAME"` without a NAME means no project."""
    if value == "":
        raise click.UsageError(f"the {parameter.human_readable_name} is empty", context)
    return value or ""


@click.command(
    cls=Command,
    examples="""
        stigmer run
        stigmer run support-agent -m "Where is my order 1042?"
        stigmer run --session ses-01m84vtjb1p5003pehs82a2bad -m "And when?"
        stigmer run agent/support-agent -m hello --model scripted:answers.yaml
        stigmer run support-agent -m - < question.txt
        stigmer run report --input day=2026-11-23 --input amount:=7
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
    "--runtime-env",
    "environment",
    metavar="K=V",
    multiple=True,
    help="A value for this run; repeatable. secret:K asks for a secret, or reads a line of standard input.",
)
@click.option("--session", metavar="ID", callback=filled, help="Go on with this conversation.")
@click.option("--model", default="", metavar="PROVIDER:MODEL", help="The model that answers, for this run.")
@click.option("--follow/--no-follow", default=True, help="Watch the run to its end (default), or only start it.")
@click.option("--apply", "apply_first", is_flag=True, help="Deploy the project first; without NAME always done.")
@source_options
@output_option()
@click.pass_obj
def command(console: Console, /, *, output: Format, **options: Any) -> None:
    """Run the agent or workflow called NAME (a name or an id), and watch it until it ends.

    Without NAME, deploy the project of the current directory and run what it declares.
    What an agent says goes to standard output as it says it, and so does a workflow's output; everything else to
    standard error. Ctrl-C stops watching; the run goes on.
    Exits with 0 when the run completed, with 1 when it failed, with 8 when it was cancelled.
    """
    from cli.runs.job import start

    start(console, job(console, output=output, **options))


def job(
    console: Console,
    *,
    name: str,
    message: str,
    inputs: tuple[str, ...],
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
    from cli.runs.runtime_env import read_inputs, read_message, read_values
    from cli.runs.start import Wish, located_model

    # Changes the directory: what follows means paths as seen from there.
    deployment = request(dry_run=False, message="", output=Format.TABLE, **source)
    if session and not message and not console.may_ask:
        raise click.UsageError("--session needs a message: -m TEXT")
    values = read_values(console, environment)
    return Job(
        name=name,
        wish=Wish(
            # After the secrets: each of those is one line of standard input.
            message=read_message(message),
            inputs=read_inputs(inputs),
            session_id=session,
            model=located_model(model),
            environment=values,
        ),
        applies=apply_first or bool(deployment.files) or not (name or session),
        deployment=deployment,
        follows=follow,
        output=output,
    )
