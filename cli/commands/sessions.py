"""`stigmer sessions`: conversations with agents."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from cli.command import Group, output_option
from cli.commands.executions import connected
from cli.output import Console, Format, ago, structured, table

if TYPE_CHECKING:
    from apps.backends.base import Backend
    from apps.backends.resource import Resource


limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many."
)


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples="stigmer sessions\nstigmer sessions show ses-01m84vtjb1p5003pehs82a2bad",
)
@limit_option
@output_option()
@click.pass_context
def command(context: click.Context, limit: int, output: Format) -> None:
    """List conversations with agents, or show one. Without a command: list."""
    if context.invoked_subcommand is None:
        context.invoke(list_sessions, limit=limit, output=output)


@command.command("list", examples="stigmer sessions list --limit 5")
@limit_option
@output_option()
@click.pass_obj
def list_sessions(console: Console, limit: int, output: Format) -> None:
    """List conversations, newest first."""
    from apps.backends.base import iterate
    from apps.backends.resource import Resource

    with connected(console) as (_, backend):
        found = [Resource.of(each) for each in iterate(backend, "Session", limit=limit + 1)]
        shown = found[:limit]
        if output is Format.TABLE:
            console.data(as_table(backend, shown)) if shown else console.print("No sessions found.")
        elif output is not Format.NAME:
            console.data(structured([each.record() for each in shown], output))
        elif shown:
            console.data("\n".join(each.message.metadata.id for each in shown))
    if len(found) > limit:
        console.more("sessions", output)


def as_table(backend: Backend, sessions: list[Resource]) -> str:
    """One line for each."""
    from cli.runs.listing import Names, created

    names, now = Names(backend), time.time()
    rows = [
        (
            each.message.metadata.id,
            names.agent_of_instance(each.message.spec.agent_instance_id),
            f"{ago(now - created(each))} ago",
            each.message.spec.subject,
        )
        for each in sessions
    ]
    return table(("ID", "AGENT", "CREATED", "DESCRIPTION"), rows)


@command.command(examples="stigmer sessions show ses-01m84vtjb1p5003pehs82a2bad")
@click.argument("session")
@output_option()
@click.pass_obj
def show(console: Console, session: str, output: Format) -> None:
    """Show one conversation: what was asked and answered in every run of it."""
    from apps.backends.config import resolve_organization
    from apps.backends.kinds import BY_NAME
    from apps.backends.resource import Resource
    from cli.resources import find_resource
    from cli.runs.listing import Names
    from cli.runs.page import page_of_session

    with connected(console) as (config, backend):
        organization = resolve_organization(config)
        found = Resource.of(find_resource(backend, BY_NAME["Session"], session, organization))
        turns = turns_of(backend, found.message.metadata.id)
        if output is Format.TABLE:
            agent = Names(backend).agent_of_instance(found.message.spec.agent_instance_id)
            console.data(page_of_session(found, turns, agent))
        elif output is Format.NAME:
            console.data("\n".join(turn.message.metadata.id for turn in turns))
        else:
            record = {**found.record(), "executions": [turn.record() for turn in turns]}
            console.data(structured(record, output))


def turns_of(backend: Backend, session_id: str) -> list[Resource]:
    """Every run of a session, oldest first."""
    from apps.backends.resource import Resource

    found: list[Resource] = []
    token = ""
    while True:
        page = backend.list_session_runs(session_id, page_token=token)
        found += map(Resource.of, page.items)
        token = page.next_token
        if not token:
            return found[::-1]
