"""`stigmer rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format

if TYPE_CHECKING:
    from apps.backends.base import Applied
    from apps.backends.resource import Resource


@click.command(
    cls=Command,
    examples="""
        stigmer rollback agent code-reviewer --to 3
        stigmer rollback workflow nightly-report --to 1 --yes
    """,
)
@click.argument("kind")
@click.argument("name")
@click.option(
    "--to", "number", type=click.IntRange(min=1), required=True, metavar="REVISION", help="What to go back to."
)
@org_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--message", default="", metavar="TEXT", help="Recorded with the new revision.")
@output_option()
@click.pass_obj
def command(
    console: Console, /, *, kind: str, name: str, number: int, org: str, yes: bool, message: str, output: Format
) -> None:
    """Make a resource what it was in an earlier revision: a new revision with that content.

    Secrets have their values of then. `stigmer history KIND NAME` lists the revisions.
    """
    from apps.backends.config import resolve_organization
    from apps.backends.resource import Resource
    from cli.connect import connect, local_config
    from cli.resources import find_kind, find_resource

    wanted = find_kind(kind, name)
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from apps.backends.base import Action
        from apps.backends.grpc_revisions import GrpcRevisions

        target = Resource.of(find_resource(backend, wanted, name, organization if org else ""))
        metadata = target.message.metadata
        revisions, seen = GrpcRevisions(backend), metadata.version.id
        plan = revisions.roll_back(
            wanted.name, metadata.id, number, seen_version_id=seen, message=message, dry_run=True
        )
        if plan.action is Action.UNCHANGED:
            console.print(f"{target.noun} {target.slug} is already what it was in revision {number}.")
        elif not is_confirmed(console, target, plan, number, yes=yes):
            console.print("Nothing was changed.")
            raise click.exceptions.Exit(Exit.CANCELLED)
        else:
            plan = revisions.roll_back(wanted.name, metadata.id, number, seen_version_id=seen, message=message)
    show(console, target, plan, output)


def is_confirmed(console: Console, target: Resource, plan: Applied, number: int, *, yes: bool) -> bool:
    """Show what would change, and ask, unless `yes` is the answer already. Raises where nothing may be asked."""
    from cli.revisions import lines

    if not (yes or console.may_ask):
        raise CliError(
            f"{target.noun} {target.slug} is not rolled back without a yes, and nothing may be asked here",
            hint=f"stigmer rollback {target.kind.singular} {target.slug} --to {number} --yes",
            exit=Exit.MISUSE,
        )
    for line in lines(plan.changes):
        console.print(line)
    return yes or console.ask(f"Make {target.noun} {target.slug} this? Type y to roll back:").lower() == "y"


def show(console: Console, target: Resource, done: Applied, output: Format) -> None:
    """What was done, in the format asked for."""
    from cli.output import structured
    from cli.report import status_table
    from cli.revisions import change_records

    for warning in done.warnings:
        console.warn(f"{done.kind} {done.slug}: {warning}")
    if output is Format.TABLE:
        console.data(status_table([done]))
    elif output is Format.NAME:
        console.data(target.label)
    else:
        value = {
            "kind": done.kind,
            "slug": done.slug,
            "org": done.org,
            "id": done.id,
            "action": done.action.value,
            "changes": change_records(done.changes),
            "warnings": list(done.warnings),
        }
        console.data(structured(value, output))
