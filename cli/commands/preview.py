"""`stigmer preview`: apply --dry-run under a name of its own."""

from __future__ import annotations

from typing import Any

import click

from cli.command import Command, output_option
from cli.commands.apply import deploy, request, source_options
from cli.output import Console


@click.command(cls=Command, examples="stigmer preview\nstigmer preview -f agents.yaml")
@source_options
@output_option()
@click.pass_obj
def command(console: Console, /, **source: Any) -> None:  # the options of source_options
    """Show what `stigmer apply` would change, and change nothing."""
    deploy(console, request(**source))
