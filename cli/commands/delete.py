"""`stigmer delete`."""

from __future__ import annotations

import click

from cli.command import Command, org_option, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, structured, table
from cli.resources import Resource, find_kind, find_resource

# What goes with a resource of a kind, where that is more than its own revisions.
OWNS = {
    "Agent": "its instances, sessions and executions",
    "AgentInstance": "its sessions and executions",
    "Workflow": "its instances and executions",
    "WorkflowInstance": "its executions",
    "Session": "its executions",
    "Organization": "EVERYTHING it owns",
}


@click.command(
    cls=Command, examples="stigmer delete agent code-reviewer\nstigmer delete workflow nightly-report --yes --force"
)
@click.argument("kind")
@click.argument("name")
@org_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also where executions are running; they are cancelled first.")
@output_option()
@click.pass_obj
def command(console: Console, /, *, kind: str, name: str, org: str, yes: bool, force: bool, output: Format) -> None:
    """Delete the resource of KIND called NAME (a name or an id) and what belongs to it."""
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    wanted = find_kind(kind, name)
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        target = Resource.of(find_resource(backend, wanted, name, organization if org else ""))
        if not (yes or is_confirmed(console, target)):
            console.print("Nothing was deleted.")
            raise click.exceptions.Exit(Exit.CANCELLED)
        backend.delete(wanted.name, target.message.metadata.id, force=force)
    console.data(show(target, output))


def is_confirmed(console: Console, target: Resource) -> bool:
    """Ask, by severity: `y` for one resource, its name for an organization. Raises where nothing may be asked."""
    what = f"{target.kind.singular.replace('-', ' ')} {target.slug} ({target.message.metadata.id})"
    if not console.may_ask:
        raise CliError(
            f"{what} is not deleted without a yes, and nothing may be asked here",
            hint=f"stigmer delete {target.kind.singular} {target.slug} --yes",
            exit=Exit.MISUSE,
        )
    needed = target.slug if target.kind.name == "Organization" else "y"
    too = f" with {OWNS[target.kind.name]}" if target.kind.name in OWNS else ""
    answer = console.ask(f"Delete {what}{too}? Type {needed} to delete:")
    return (answer.lower() if needed == "y" else answer) == needed


def show(target: Resource, output: Format) -> str:
    """What was deleted, in the format asked for."""
    row = {"kind": target.kind.name, "name": target.slug, "status": "deleted", "id": target.message.metadata.id}
    if output is Format.TABLE:
        return table(("TYPE", "NAME", "STATUS", "ID"), [(row["kind"], row["name"], "✓ Deleted", row["id"])])
    return target.label if output is Format.NAME else structured(row, output)
