"""`stigmer diff`: what an apply would change, or two revisions of a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.command import Command, output_option
from cli.commands.apply import request, source_options
from cli.exits import Exit
from cli.output import Console, Format

if TYPE_CHECKING:
    from cli.deploy import Request


class DiffCommand(Command):
    """A failure exits with 2 or more: 1 says that there are differences."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            from cli.failures import report

            raise click.exceptions.Exit(max(report(error, ctx.obj), Exit.MISUSE)) from error


@click.command(
    cls=DiffCommand,
    examples="""
        stigmer diff
        stigmer diff -f agents.yaml
        stigmer diff agent code-reviewer
        stigmer diff agent code-reviewer --from 2 --to 5
    """,
)
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option(
    "--from", "start", type=click.IntRange(min=1), default=None, metavar="REVISION", help="Default: the one before."
)
@click.option("--to", "end", type=click.IntRange(min=1), default=None, metavar="R", help="Default: the newest.")
@source_options
@output_option()
@click.pass_obj
def command(
    console: Console,
    /,
    *,
    kind: str | None,
    name: str | None,
    start: int | None,
    end: int | None,
    output: Format,
    **source: Any,  # the options of source_options
) -> None:
    """Show what `stigmer apply` would change; with KIND and NAME, what differs between two revisions of a resource.

    The exit code is 0 where nothing is different, 1 where something is, and 2 or more where that cannot be said.
    """
    if kind is None:
        if start or end:
            raise click.UsageError("--from and --to are of revisions: name a kind and a resource, too")
        differs = compare_project(console, request(output=output, **source))
    elif name is None:
        raise click.UsageError("name a resource, too, or nothing for the whole project")
    else:
        differs = compare_revisions(console, kind, name, start or 0, end or 0, source["org"], output)
    if differs:
        raise click.exceptions.Exit(Exit.FAILED)


def compare_project(console: Console, wanted: Request) -> bool:
    """Print what is different between what is declared and what is deployed; whether anything is."""
    from cli.deploy import difference

    return difference(console, wanted)


def compare_revisions(console: Console, kind: str, name: str, start: int, end: int, org: str, output: Format) -> bool:
    """Print what is different between two revisions; whether anything is."""
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config
    from cli.revisions import difference, find_subject, hints_of

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from apps.backends.grpc_revisions import GrpcRevisions

        subject = find_subject(backend, kind, name, organization if org else "")
        with hints_of(subject):
            found = GrpcRevisions(backend).difference(subject.kind.name, subject.id, start=start, end=end)
    if found.changes or output in {Format.JSON, Format.YAML}:
        console.data(difference(subject, found, output))
    else:
        console.print(f"Revisions {found.start} and {found.end} are the same.")
    return bool(found.changes)
