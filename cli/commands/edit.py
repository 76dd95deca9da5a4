"""`stigmer edit`."""

from __future__ import annotations

import click

from cli.command import Command, org_option
from cli.output import Console


@click.command(
    cls=Command,
    examples="""
        stigmer edit agent code-reviewer
        EDITOR=nano stigmer edit workflow nightly-report
    """,
)
@click.argument("kind")
@click.argument("name")
@org_option
@click.option("--message", default="", metavar="TEXT", help="Recorded with the new revision.")
@click.pass_obj
def command(console: Console, /, *, kind: str, name: str, org: str, message: str) -> None:
    """Open the YAML of a resource in your editor ($VISUAL or $EDITOR), and apply what you save.

    Nothing is applied where the text is as it was, or where somebody else has changed the resource meanwhile; a text
    that is refused is kept.
    """
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config
    from cli.editing import Editing, find_editor
    from cli.resources import find_kind

    wanted, editor = find_kind(kind, name), find_editor(kind, name)
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        editing = Editing.begin(console, backend, wanted, name, organization if org else "")
        editing.run(editor, organization, message)
