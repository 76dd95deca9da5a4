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
    from cli.progress import StartProgress


@click.command(cls=Command, examples="stigmer ui\nstigmer ui --no-browser")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.pass_obj
def command(console: Console, no_browser: bool) -> None:
    """Open the admin in the browser, signed in.

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
    address = f"http://{running.web}/sign-in/?token={one_time_token(str(DataPaths(running.data_dir).ui))}"
    if no_browser or not open_browser(address):
        console.data(address)
        console.print("Open this address within 60 seconds; it works once.")
    else:
        console.done(f"Opened the admin at http://{running.web} in the browser")


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
