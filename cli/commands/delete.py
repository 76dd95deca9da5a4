"""`stigmer delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from apps.backends.kinds import BY_NAME
from cli.command import Command, org_option, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, structured, table
from cli.resources import Resource, find_kind, find_resource

if TYPE_CHECKING:
    from apps.backends.base import Backend


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
        if not (yes or is_confirmed(console, backend, target)):
            console.print("Nothing was deleted.")
            raise click.exceptions.Exit(Exit.CANCELLED)
        backend.delete(wanted.name, target.message.metadata.id, force=force)
    console.data(show(target, output))


def is_confirmed(console: Console, backend: Backend, target: Resource) -> bool:
    """Ask, by severity: `y` for one resource, its name for an organization. Raises where nothing may be asked."""
    what = f"{target.kind.singular.replace('-', ' ')} {target.slug} ({target.message.metadata.id})"
    if not console.may_ask:
        raise CliError(
            f"{what} is not deleted without a yes, and nothing may be asked here",
            hint=f"stigmer delete {target.kind.singular} {target.slug} --yes",
            exit=Exit.MISUSE,
        )
    needed = target.slug if target.kind.name == "Organization" else "y"
    too = f" with {belongings}" if (belongings := belongings_of(backend, target)) else ""
    answer = console.ask(f"Delete {what}{too}? Type {needed} to delete:")
    return (answer.lower() if needed == "y" else answer) == needed


def belongings_of(backend: Backend, target: Resource) -> str:
    """What goes with it: `2 agent instances, 1 session and 14 agent executions`. Empty for nothing."""
    from apps.backends.base import MOST_COUNTED, Unsupported

    if target.kind.name == "Organization":
        return "EVERYTHING it owns"
    try:
        counts = backend.count_belongings(target.kind.name, target.message.metadata.id)
    except Unsupported:
        return "what belongs to it"
    found = []
    for name, count in counts.items():
        kind = BY_NAME[name]
        noun = (kind.singular if count == 1 else kind.plural).replace("-", " ")
        found.append(f"{'more than ' if count > MOST_COUNTED else ''}{min(count, MOST_COUNTED):,} {noun}")
    return " and ".join([*([", ".join(found[:-1])] if found[1:] else []), *found[-1:]])


def show(target: Resource, output: Format) -> str:
    """What was deleted, in the format asked for."""
    row = {"kind": target.kind.name, "name": target.slug, "status": "deleted", "id": target.message.metadata.id}
    if output is Format.TABLE:
        return table(("TYPE", "NAME", "STATUS", "ID"), [(row["kind"], row["name"], "✓ Deleted", row["id"])])
    return target.label if output is Format.NAME else structured(row, output)
