"""`stigmer apply`: deploy a project, or YAML files.

The order of the output is fixed, people and scripts know it; cli/deploy.py holds the words.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option, output_option
from cli.output import Console, Format

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cli.deploy import Request

DEFAULT_TIME_LIMIT_SECONDS = 120


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `apply` and `preview` that say what to deploy."""
    options = (
        click.option("-C", "directory", metavar="DIR", default="", help="Work as if started in DIR."),
        click.option("--config", metavar="PATH", default="", help="The project's Stigmer.yaml, or its directory."),
        click.option(
            "-f", "--file", "files", metavar="FILE", multiple=True, help="YAML file or directory; - is standard input."
        ),
        org_option,
        click.option(
            "--entry-timeout",
            type=click.FloatRange(min=0, min_open=True),
            default=DEFAULT_TIME_LIMIT_SECONDS,
            show_default=True,
            metavar="SECONDS",
            help="Time limit of the entry point.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command(
    cls=Command,
    examples="""
        stigmer apply
        stigmer apply -C examples/support-agent --dry-run
        stigmer apply -f agents.yaml -f workflows/
    """,
)
@source_options
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--message", default="", metavar="TEXT", help="Recorded with every revision that this apply makes.")
@output_option()
@click.pass_obj
def command(console: Console, /, *, dry_run: bool, message: str, output: Format, **source: Any) -> None:
    """Deploy the project of the current directory, or the YAML files given with -f.

    All of it or, on any error, nothing. A local server that does not run yet is started.
    """
    deploy(console, request(dry_run=dry_run, message=message, output=output, **source))


def request(
    *,
    directory: str,
    config: str,
    files: tuple[str, ...],
    org: str,
    entry_timeout: float,
    dry_run: bool,
    message: str,
    output: Format,
) -> Request:
    """What to deploy and how, from the options."""
    from cli.deploy import Request

    if files and config:
        raise click.UsageError("--config and -f exclude each other: a project or files")
    if directory:
        enter(directory)
    return Request(
        directory=directory,
        config=Path(config) if config else None,
        files=files,
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


def deploy(console: Console, wanted: Request) -> None:
    """Run the deployment; its module is imported here, behind the parsing of the options."""
    from cli.deploy import run

    run(console, wanted)
