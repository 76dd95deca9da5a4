"""`stigmer schema`: what an editor needs to complete and check what is written."""

from __future__ import annotations

import click

from cli.command import Command
from cli.output import Console, as_json
from cli.resources import find_kind


@click.command(
    cls=Command,
    examples="""
        stigmer schema workflow > workflow.schema.json
        stigmer schema project    # Stigmer.yaml
        stigmer schema config     # config.yaml
    """,
)
@click.argument("kind")
@click.pass_obj
def command(console: Console, kind: str) -> None:
    """Print the JSON Schema of a manifest of KIND, of Stigmer.yaml (`project`) or of config.yaml (`config`)."""
    from cli import schemas

    if kind == "project":
        found = schemas.of_project()
    elif kind == "config":
        found = schemas.of_config()
    else:
        found = schemas.of_kind(find_kind(kind))
    console.data(as_json(found))
