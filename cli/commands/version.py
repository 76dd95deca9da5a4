"""`stigmer version`."""

from __future__ import annotations

import click

from apps.backends.version import VERSION
from cli.command import Command, output_option
from cli.output import Console, Format, structured


@click.command(cls=Command, examples="stigmer version\nstigmer version --output json")
@output_option()
@click.pass_obj
def command(console: Console, output: Format) -> None:
    """Print the version of this program.

    The version of the server that runs is in `stigmer server status`.
    """
    if output is Format.TABLE:
        console.data(f"stigmer {VERSION}")
    elif output is Format.NAME:
        console.data(VERSION)
    else:
        console.data(structured({"version": VERSION}, output))
