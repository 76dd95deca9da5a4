"""`stigmer notify`: the ways in which somebody is told of runs that fail."""

from __future__ import annotations

import secrets
import time

import click

from cli.command import Group, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import GREEN, RED, Console, Format, structured, table

TOLD, FAILED = "told", "failed"
COLOURS = {TOLD: GREEN, FAILED: RED}


@click.group(cls=Group, examples="stigmer notify test")
def command() -> None:
    """Try the ways in which you are told of runs that fail.

    They are settings: notify.command, notify.webhook, notify.mail and notify.desktop of `stigmer config`.
    """


@command.command(
    examples="""
        stigmer config set notify.command '~/bin/tell-me --urgent'
        stigmer config set notify.webhook        # asks for the address
        stigmer notify test
    """,
)
@output_option()
@click.pass_obj
def test(console: Console, output: Format) -> None:
    """Send a message by every way that is set, and say which of them took it.

    No server is needed: it is sent from here. Exits with 1 when it was not taken everywhere.
    """
    from apps.backends.config import child_environment, load
    from apps.backends.notify import channels_of
    from apps.notices.message import trial_body

    environ = child_environment()
    channels = channels_of(load(environ=environ), environ)
    if not channels.names:
        raise CliError(
            "nobody is told of runs that fail: no way to is set",
            hint="stigmer config set notify.webhook (an address), notify.command (a program), notify.mail (whose), or "
            "notify.desktop true",
            exit=Exit.MISUSE,
        )
    for warning in channels.warnings:
        console.warn(warning)
    told = channels.deliver(trial_body(f"ntf-test-{secrets.token_hex(8)}", time.time()), channels.names)
    if output is Format.NAME:
        console.data("\n".join(f"{name}/{FAILED if why else TOLD}" for name, why in told.items()))
    elif output is Format.TABLE:
        rows = [(channels.shown(name), FAILED if why else TOLD, why or "-") for name, why in told.items()]
        console.data(table(("BY", "STATE", "REASON"), rows, colours=COLOURS))
    else:
        console.data(structured([{"by": name, "told": not why, "reason": why} for name, why in told.items()], output))
    if any(told.values()):
        raise click.exceptions.Exit(Exit.FAILED)
