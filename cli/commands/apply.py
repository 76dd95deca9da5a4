"""`stigmer apply`: deploy a project, or YAML files.

The order of the output is fixed, people and scripts know it; cli/deploy.py holds the words.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option, output_option
from cli.exits import Exit
from cli.output import Console

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cli.deploy import Request
    from cli.output import Format

DEFAULT_TIME_LIMIT_SECONDS = 120


DIRECTORY = click.option("-C", "directory", metavar="DIR", default="", help="Work as if started in DIR.")
CONFIG = click.option("--config", metavar="PATH", default="", help="The project's Stigmer.yaml, or its directory.")
ENTRY_TIMEOUT = click.option(
    "--entry-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIME_LIMIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of the entry point.",
)


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `apply` and `preview` that say what to deploy."""
    options = (
        DIRECTORY,
        CONFIG,
        click.option(
            "-f", "--file", "files", metavar="FILE", multiple=True, help="YAML file or directory; - is standard input."
        ),
        click.option("--project", default="", metavar="NAME", help="The project that owns what -f names."),
        click.option("--prune", is_flag=True, help="Delete what the project owns and no longer declares."),
        click.option("--take-over", is_flag=True, help="Take over resources of other projects."),
        org_option,
        ENTRY_TIMEOUT,
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command(
    cls=Command,
    examples="""
        stigmer apply
        stigmer apply -C examples/support-agent --dry-run
        stigmer apply --prune
        stigmer apply -f agents.yaml -f workflows/
    """,
)
@source_options
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--message", default="", metavar="TEXT", help="Recorded with every revision that this apply makes.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before pruning.")
@click.option("--exit-code", is_flag=True, help="Exit with 7 where nothing changes.")
@output_option()
@click.pass_obj
def command(console: Console, /, *, exit_code: bool, **wanted: Any) -> None:
    """Deploy the project of the current directory, or the YAML files given with -f.

    All of it or, on any error, nothing. A local server that does not run yet is started. What a project deployed
    before and no longer declares stays, and is named, unless --prune is given.
    """
    changes = deploy(console, request(**wanted))
    if exit_code and not changes:
        raise click.exceptions.Exit(Exit.UNCHANGED)


def request(
    *,
    directory: str,
    config: str,
    files: tuple[str, ...],
    project: str,
    prune: bool,
    take_over: bool,
    org: str,
    entry_timeout: float,
    output: Format,
    dry_run: bool = True,
    message: str = "",
    yes: bool = False,
) -> Request:
    """What to deploy and how, from the options."""
    from cli.deploy import Request

    if files and config:
        raise click.UsageError("--config and -f exclude each other: a project or files")
    if project and not files:
        raise click.UsageError("--project goes with -f: what is no file belongs to the project of its Stigmer.yaml")
    if prune and files and not project:
        raise click.UsageError("--prune with -f needs --project NAME: the files have to be all of that project")
    if directory:
        enter(directory)
    return Request(
        directory=directory,
        config=Path(config) if config else None,
        files=files,
        project=project,
        prune=prune,
        take_over=take_over,
        yes=yes,
        org=org,
        time_limit_seconds=entry_timeout,
        dry_run=dry_run,
        message=message,
        output=output,
    )


def enter(directory: str) -> None:
    """Make `directory` the current one; a click usage error when that cannot be."""
    try:
        os.chdir(directory)
    except OSError as error:
        raise click.UsageError(f"-C {directory}: {error.strerror}") from error


def deploy(console: Console, wanted: Request) -> bool:
    """Run the deployment; whether it changes anything. Its module is imported here, after the options are read."""
    from cli.deploy import run

    return run(console, wanted)
