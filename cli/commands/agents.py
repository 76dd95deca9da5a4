"""`stigmer agents`: what is done about agents alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Group, org_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import GREEN, RED, YELLOW, Console, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.grpc_tools import ChangedTools

COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}


@click.group(cls=Group, examples="stigmer agents accept-tools support-agent")
def command() -> None:
    """Accept the tools of an agent's servers when they have changed."""


@command.command(
    "accept-tools",
    examples="""
        stigmer agents accept-tools support-agent
        stigmer agents accept-tools support-agent --server orders --yes
    """,
)
@click.argument("name")
@click.option("--server", default="", metavar="NAME", help="Only the tools of this server.")
@org_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def accept_tools(console: Console, name: str, server: str, org: str, yes: bool) -> None:
    """Show how the tools of an agent's servers have changed, and have the agent use them from now on.

    A run fails when a server offers other tools than before, or describes them otherwise: what a tool says of itself
    steers the model. Exits with 0 where nothing waits to be accepted.
    """
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config
    from cli.resources import find_kind, find_resource

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from apps.backends.grpc_tools import GrpcTools
        from apps.backends.resource import Resource

        kind = find_kind("agent", name)
        agent = Resource.of(find_resource(backend, kind, name, organization if org else "", by_name=True))
        tools = GrpcTools(backend)
        waiting = [each for each in tools.changed(agent.message.metadata.id) if server in ("", each.server)]
        if not waiting:
            of = f"server {server} of agent {name}" if server else f"agent {name}"
            console.print(f"No tools of {of} wait to be accepted.")
            return
        show(console, waiting)
        agree(console, name, yes)
        for each in waiting:
            tools.accept(agent.message.metadata.id, each.server, digest=each.digest)
    console.done(f"Agent {name} uses the tools of {', '.join(each.server for each in waiting)} as they are now.")


def show(console: Console, waiting: Sequence[ChangedTools]) -> None:
    """What has changed, server by server."""
    import sys

    for each in waiting:
        console.print(f"{each.server}:")
        for line in each.difference:
            console.print(f"  {paint(line, COLOURS.get(line.strip()[:1], ''), sys.stderr)}")


def agree(console: Console, name: str, yes: bool) -> None:
    """Raises unless somebody agrees."""
    if yes:
        return
    if not console.may_ask:
        raise CliError(
            "accepting tools needs a yes, and nothing may be asked here",
            hint=f"stigmer agents accept-tools {name} --yes",
            exit=Exit.MISUSE,
        )
    if console.ask("Accept these tools? Type y to accept:").lower() != "y":
        console.print("Nothing was accepted.")
        raise click.exceptions.Exit(Exit.CANCELLED)
