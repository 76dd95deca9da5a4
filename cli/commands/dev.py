"""`stigmer dev`: deploy a project whenever one of its files is saved, and show its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option
from cli.commands.apply import CONFIG, DIRECTORY, ENTRY_TIMEOUT, request
from cli.output import Console, Format

if TYPE_CHECKING:
    from cli.deploy import Request


@click.command(cls=Command, examples="stigmer dev\nstigmer dev -C examples/support-agent")
@DIRECTORY
@CONFIG
@org_option
@ENTRY_TIMEOUT
@click.pass_obj
def command(console: Console, directory: str, config: str, org: str, entry_timeout: float) -> None:
    """Deploy the project of the current directory whenever one of its files is saved, and show its runs as they happen.

    Start runs from another terminal, from the admin or from a program. A project that cannot be deployed is told of,
    and deployed again with the next change. Every run starts the tool servers of the project anew, from the files as
    they are then. Ctrl-C ends it, and the local server with it where this command has started that.
    """
    from cli.dev.loop import develop

    develop(console, wanted(directory=directory, config=config, org=org, entry_timeout=entry_timeout))


def wanted(*, directory: str, config: str, org: str, entry_timeout: float) -> Request:
    """What to deploy with each change."""
    return request(
        directory=directory,
        config=config,
        files=(),
        project="",
        prune=False,
        take_over=False,
        org=org,
        entry_timeout=entry_timeout,
        output=Format.TABLE,
        dry_run=False,
    )
