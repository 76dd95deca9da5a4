"""`stigmer serve`: the units of a server of many machines, each in the foreground of whatever keeps it running."""

from __future__ import annotations

import os
from typing import NoReturn

import click

from cli.command import Group

LISTEN = click.option("--listen", metavar="HOST:PORT", help="Where it listens.")
HEALTH = click.option("--health-listen", metavar="HOST:PORT", help="Where /livez, /readyz and /metrics are.")


@click.group(
    cls=Group,
    examples="""
        stigmer serve migrate
        stigmer serve create-admin jane@example.com
        stigmer serve api --listen 127.0.0.1:50051
    """,
)
def command() -> None:
    """Run one unit of a server of many machines, or a job for all of them.

    Settings are variables: DATABASE_URL, BROKER_URL, STIGMER_SECRET, STIGMER_KEYS and STIGMER_BLOBS_DIR are needed; a
    secret may be in the file that NAME_FILE names. Each unit ends by itself after SIGTERM.
    """


@command.command(examples="stigmer serve migrate")
def migrate() -> None:
    """Bring the database to this version. One at a time does, others wait."""
    _become("migrate")


@command.command("rotate-keys", examples="stigmer serve rotate-keys")
def rotate_keys() -> None:
    """Encrypt every stored secret with the last of STIGMER_KEYS. Units go on meanwhile."""
    _become("rotate-keys")


@command.command("create-admin", examples="stigmer serve create-admin jane@example.com")
@click.argument("email")
def create_admin(email: str) -> None:
    """Make an account an administrator of the server, and print an API key of it."""
    _become("create-admin", email)


@command.command(examples="stigmer serve api --listen 127.0.0.1:50051")
@LISTEN
@HEALTH
def api(listen: str | None, health_listen: str | None) -> None:
    """Answer calls of the API."""
    _become("api", listen=listen, health_listen=health_listen)


@command.command(examples="stigmer serve web --listen 127.0.0.1:8234")
@LISTEN
@HEALTH
def web(listen: str | None, health_listen: str | None) -> None:
    """Serve the admin in a browser, for whoever signs in with an API key."""
    _become("web", listen=listen, health_listen=health_listen)


@command.command(examples="stigmer serve runner")
@HEALTH
def runner(health_listen: str | None) -> None:
    """Run agents whose runs are waiting."""
    _become("runner", health_listen=health_listen)


@command.command(examples="stigmer serve worker")
@HEALTH
def worker(health_listen: str | None) -> None:
    """Run workflows for Temporal, which TEMPORAL_ADDRESS names."""
    _become("worker", health_listen=health_listen)


@command.command(examples="stigmer serve scheduler")
@HEALTH
def scheduler(health_listen: str | None) -> None:
    """Do what is due now and then: find runs that nobody works on, forget what is old, tell of failures."""
    _become("scheduler", health_listen=health_listen)


def _become(what: str, *arguments: str, **options: str | None) -> NoReturn:
    """Go on as the server's program: whoever started this one sees no other process."""
    from apps.backends.local.environment import without_users
    from apps.backends.local.units import python_module

    given = [word for name, value in options.items() if value for word in (f"--{name.replace('_', '-')}", value)]
    program = python_module("stigmer_site", "serve", what, *given, *(("--", *arguments) if arguments else ()))
    os.execve(program[0], program, without_users(os.environ))  # noqa: S606  # no shell
