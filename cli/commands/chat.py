"""`stigmer chat`: talk with an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option
from cli.commands.run import filled, filled_each
from cli.exits import Exit

if TYPE_CHECKING:
    from cli.output import Console


@click.command(
    cls=Command,
    examples="""
        stigmer chat support-agent
        stigmer chat support-agent --session ses-01m84vtjb1p5003pehs82a2bad
        stigmer chat support-agent < questions.txt
    """,
)
@click.argument("name", metavar="AGENT", callback=filled)
@click.option("--session", metavar="ID", callback=filled, help="Go on with this conversation.")
@click.option("--model", default="", metavar="PROVIDER:MODEL", help="The model that answers.")
@click.option(
    "--env",
    "environments",
    metavar="NAME",
    multiple=True,
    callback=filled_each,
    help="An environment for its runs; repeatable, later ones win.",
)
@click.option(
    "--runtime-env",
    "environment",
    metavar="K=V",
    multiple=True,
    help="A value for its runs; repeatable. secret:K asks for a secret, or reads a line of standard input.",
)
@org_option
@click.pass_obj
def command(
    console: Console,
    /,
    *,
    name: str,
    session: str,
    model: str,
    environments: tuple[str, ...],
    environment: tuple[str, ...],
    org: str,
) -> None:
    """Talk with AGENT: what it says goes to standard output as it says it, and it remembers the conversation.

    At a terminal, Ctrl-C stops an answer and Ctrl-D ends. From a pipe each line is a message; exits with 1 when one of
    them got no answer.
    """
    from apps.backends.config import load, resolve_organization
    from apps.backends.local.launch import spawn_early
    from apps.backends.targets import find_target
    from cli.connect import connect, require_local
    from cli.runs.conversation import Conversation
    from cli.runs.runtime_env import read_values
    from cli.runs.start import Wish, located_model

    config = load()
    require_local(config)
    organization = resolve_organization(config, org)
    values = read_values(console, environment)
    spawn_early(config.local)
    with connect(console, config) as backend:
        target = find_target(backend, name, organization)
        if not target.is_agent:
            raise click.UsageError(f"{name!r} is a workflow; run it with `stigmer run {name}`")
        wish = Wish(session_id=session, model=located_model(model), environments=environments, environment=values)
        talk = Conversation(console, config, backend, target, wish, organization)
        if console.may_ask:
            console.print(f"Talking with {target.slug}. Ctrl-C stops an answer, Ctrl-D ends.")
        talk.hold()
    if talk.has_begun:
        console.print(f"Go on with `stigmer chat {name} --session {talk.session_id}`")
    if talk.has_failed and not console.may_ask:
        raise click.exceptions.Exit(Exit.FAILED)
