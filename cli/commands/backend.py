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
    """Show where resources live."""


@command.command(examples="stigmer backend status\nstigmer backend status --output json")
@output_option()
@click.pass_obj
def status(console: Console, output: Format) -> None:
    """Show the backend in use, its organization, and whether it answers. Starts nothing."""
    from apps.backends.config import resolve_organization
    from apps.backends.local.launch import status as read_status
    from cli.commands.server import components, print_problems
    from cli.connect import local_config

    config = local_config()
    seen = read_status(config.local)
    facts = {
        "type": config.backend_type,
        "endpoint": config.text(f"backend.{config.backend_type}.endpoint"),
        "organization": resolve_organization(config),
        **reachability(config),
        "components": {each.name: each.state for each in components(seen)} if seen.running else {},
    }
    if output is Format.TABLE:
        shown = {**facts, "reachable": "yes" if facts["reachable"] else "no"}
        shown["components"] = ", ".join(f"{name} {state}" for name, state in facts["components"].items())
        console.data("\n".join(pairs({key.capitalize(): value for key, value in shown.items() if value})))
        print_problems(console, seen)
    else:
        console.data(config.backend_type if output is Format.NAME else structured(facts, output))


def reachability(config: Config) -> dict[str, Any]:  # plain data
    """Whether the backend answers, which version answers, or why none does."""
    from apps.backends.base import CallFailed
    from apps.backends.local.launch import find_running

    running = find_running(config.local)
    if running is None:
        return {"reachable": False, "version": "", "reason": "no local server is running"}
    from apps.backends.grpc_backend import GrpcBackend

    # A running daemon keeps its address when the configuration changes.
    found = {"endpoint": running.endpoint}
    backend = GrpcBackend(running.endpoint, running.token)
    try:
        return {**found, "reachable": True, "version": backend.server_info().version, "reason": ""}
    except CallFailed as error:
        return {**found, "reachable": False, "version": "", "reason": str(error)}
    finally:
        backend.close()
