"""`stigmer backend`: where resources live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.command import Group, output_option
from cli.output import Console, Format, pairs, structured

if TYPE_CHECKING:
    from apps.backends.config import Config


@click.group(cls=Group, examples="stigmer backend status")
def command() -> None:
    """Show where resources live: on this machine or in the cloud."""


@command.command(examples="stigmer backend status\nstigmer backend status --output json")
@output_option()
@click.pass_obj
def status(console: Console, output: Format) -> None:
    """Show the backend in use, its organization, and whether it answers. Starts nothing."""
    from apps.backends.config import load, resolve_organization

    config = load()
    facts = {
        "type": config.backend_type,
        "endpoint": config.text(f"backend.{config.backend_type}.endpoint"),
        "organization": resolve_organization(config),
        **reachability(config),
    }
    if output is Format.TABLE:
        words = {True: "yes", False: "no"}
        console.data(
            "\n".join(pairs({key.capitalize(): words.get(each, each) for key, each in facts.items() if each != ""}))
        )
    else:
        console.data(config.backend_type if output is Format.NAME else structured(facts, output))


def reachability(config: Config) -> dict[str, Any]:  # plain data
    """Whether the backend answers, which version answers, or why none does."""
    from apps.backends.base import CallFailed
    from apps.backends.local.launch import find_running
    from cli.connect import require_local

    require_local(config)
    running = find_running(config.local)
    if running is None:
        return {"reachable": False, "version": "", "reason": "no local server is running"}
    from apps.backends.grpc_backend import GrpcBackend

    # A running daemon keeps its address when the configuration changes.
    found = {"endpoint": running.endpoint}
    backend = GrpcBackend(running.endpoint)
    try:
        return {**found, "reachable": True, "version": backend.server_info().version, "reason": ""}
    except CallFailed as error:
        return {**found, "reachable": False, "version": "", "reason": str(error)}
    finally:
        backend.close()
