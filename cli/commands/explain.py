"""`stigmer explain`: what a field means, in the contract's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.command import Command, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import BOLD, Console, Format, paint, structured, table
from cli.resources import find_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.schemas.fields import Field, NoSuchField

WIDTH = 100


@click.command(
    cls=Command,
    examples="""
        stigmer explain agent
        stigmer explain workflow.tasks.http_call.endpoint
    """,
)
@click.argument("field", metavar="KIND[.FIELD...]")
@output_option()
@click.pass_obj
def command(console: Console, field: str, output: Format) -> None:
    """Say what KIND or a field of its spec means, what it takes, and what is below it."""
    from apps.schemas.examples import example_of
    from apps.schemas.fields import NoSuchField, fields_below, find, root_of

    noun, _, path = field.partition(".")
    kind = find_kind(noun)
    try:
        found = find(root_of(kind.singular, kind.message_class().DESCRIPTOR), path.removeprefix("spec."))
    except NoSuchField as error:
        raise unknown(error) from error
    below = list(fields_below(found))
    example = example_of(found.path)
    if output is Format.TABLE:
        console.data("\n".join(page(found, below, example)))
    elif output is Format.NAME:
        console.data("\n".join(each.path for each in below) or found.path)
    else:
        told = {} if example is None else {"example": example}
        console.data(structured({**record(found), **told, "fields": [record(each) for each in below]}, output))


def page(found: Field, below: list[Field], example: Any) -> Iterator[str]:  # plain data
    """The field with an example, None for none, and a line for each below it."""
    import shutil
    import sys
    import textwrap

    from apps.schemas.manifest_form import as_yaml

    width = min(WIDTH, shutil.get_terminal_size().columns)
    yield f"{paint(found.path, BOLD, sys.stdout)}  {found.type}"
    for paragraph in found.meaning.split("\n"):
        yield from ("", *textwrap.wrap(paragraph, width))
    if found.rules:
        yield from ("", *textwrap.wrap(f"Rules: {'; '.join(found.rules)}", width))
    if example is not None:
        is_whole = "." not in found.path
        key = "task_config" if found.type.startswith("task_config") else found.name
        yield from (
            "",
            "Example:",
            textwrap.indent(as_yaml(example if is_whole else {key: example}).rstrip("\n"), "  "),
        )
    if below:
        rows = [[each.name, each.type, first_sentence(each.meaning)] for each in below]
        yield from ("", table(["FIELD", "TYPE", "DESCRIPTION"], rows))


def first_sentence(meaning: str) -> str:
    """Enough for a list."""
    return meaning.partition("\n")[0].partition(". ")[0].removesuffix(".")


def record(field: Field) -> dict[str, object]:
    """A field as data."""
    return {"path": field.path, "type": field.type, "meaning": field.meaning, "rules": list(field.rules)}


def unknown(error: NoSuchField) -> CliError:
    """Say what is there instead, above all what looks like it."""
    from difflib import get_close_matches

    near = get_close_matches(error.name, error.known, n=1)
    hint = f"stigmer explain {error.parent}.{near[0]}" if near else f"stigmer explain {error.parent}"
    return CliError(str(error), hint=hint, exit=Exit.NOT_FOUND)
