"""`stigmer history`."""

from __future__ import annotations

import click

from cli.command import Command, org_option, output_option
from cli.output import Console, Format


@click.command(
    cls=Command,
    examples="""
        stigmer history agent code-reviewer
        stigmer history workflow nightly-report -o json
    """,
)
@click.argument("kind")
@click.argument("name")
@org_option
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@output_option()
@click.pass_obj
def command(console: Console, /, *, kind: str, name: str, org: str, limit: int, output: Format) -> None:
    """List the revisions of a resource, newest first: who wrote it when, and what that changed.

    NAME is a name or an id; by its id, a resource that was deleted has its revisions, too.
    """
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config
    from cli.revisions import every_revision, find_subject, hints_of, history

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from apps.backends.grpc_revisions import GrpcRevisions

        subject = find_subject(backend, kind, name, organization if org else "")
        with hints_of(subject):
            found = every_revision(GrpcRevisions(backend), subject, limit + 1)
    console.data(history(subject, found[:limit], output))
    if len(found) > limit:
        console.more("revisions", output)
