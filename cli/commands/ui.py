"""`stigmer ui`: the admin in the browser, already signed in."""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING

import click

from cli.command import Command
from cli.output import Console

if TYPE_CHECKING:
    from apps.backends.config import Config
    from cli.progress import StartProgress


@click.command(
    cls=Command,
    examples="""
        stigmer ui
        stigmer ui agent support-agent
        stigmer ui aex-01jv8sbq3mt4w9k2x7c5d6e8fh --no-browser
    """,
)
@click.argument("kind", metavar="[EXECUTION | KIND NAME]", required=False)
@click.argument("name", metavar="", required=False)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.pass_obj
def command(console: Console, kind: str | None, name: str | None, no_browser: bool) -> None:
    """Open the admin in the browser, signed in; at the page of a run or a resource where one is named.

    The address works once, within 60 seconds. Where there is no browser it is printed on standard output.
    """
    from apps.backends.local.launch import ensure_running, find_running
    from apps.backends.local.paths import DataPaths
    from cli.connect import local_config
    from cli.handshake import handshake

    config = local_config()
    wanted = ("api", "web")
    running = find_running(config.local, wait_for=wanted)
    if running is None:
        with waiting(console, is_up=find_running(config.local) is not None) as progress:
            running = ensure_running(config.local, progress, wait_for=wanted, before_replacing=handshake(console))
    shown = f"&show={resource_id(console, config, kind, name)}" if kind else ""
    address = f"http://{running.web}/sign-in/?token={one_time_token(str(DataPaths(running.data_dir).ui))}{shown}"
    if no_browser or not open_browser(address):
        console.data(address)
        console.print("Open this address within 60 seconds; it works once.")
    else:
        console.done(f"Opened the admin at http://{running.web} in the browser")


def resource_id(console: Console, config: Config, kind: str, name: str | None) -> str:
    """The id of what is named: a run by its id alone, anything else by kind and name. Raises a CliError."""
    from apps.backends.resource import Resource
    from apps.backends.run_kinds import kind_of_run
    from cli.connect import connect
    from cli.resources import find_kind, find_resource
    from cli.runs.listing import find_run

    if name is None and not kind_of_run(kind):
        raise click.UsageError(f"name the {find_kind(kind).singular}: stigmer ui {kind} NAME")
    with connect(console, config) as backend:
        if name is None:
            return str(find_run(backend, kind).message.metadata.id)
        return str(Resource.of(find_resource(backend, find_kind(kind, name), name, "")).message.metadata.id)


def waiting(console: Console, *, is_up: bool) -> StartProgress:
    """Progress in the right words: the API may be up already while the admin still starts."""
    from cli.progress import StartProgress

    return StartProgress(console, begin="Waiting for the admin", end="Admin ready") if is_up else StartProgress(console)


def one_time_token(directory: str) -> str:
    """A new token. The server is told only its SHA-256, by a file of that name that others cannot read."""
    token = secrets.token_urlsafe(32)
    os.makedirs(directory, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib costs more than this command's own work
    name = os.path.join(directory, hashlib.sha256(token.encode()).hexdigest())  # noqa: PTH118
    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return token


def open_browser(address: str) -> bool:
    """Open `address` in the person's browser; False where there is none to open.

    The address is an argument of the browser's process for a moment. It is of no use to a reader
    of the process list by then or soon after: the token works once.
    """
    import sys
    import webbrowser

    on_desktop = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not on_desktop and not os.environ.get("BROWSER"):
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
