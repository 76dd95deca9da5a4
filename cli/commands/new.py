"""`stigmer new`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from cli.command import Command, output_option
from cli.output import Console, Format, structured


@click.command(cls=Command, examples="stigmer new my-agent\nstigmer new my-agent --runtime go")
@click.argument("name")
@click.option("--runtime", type=click.Choice(["python", "go"]), default="python", show_default=True, help="Language.")
@click.option("--template", default="default", show_default=True, help="What the project starts from.")
@output_option()
@click.pass_obj
def command(console: Console, name: str, runtime: str, template: str, output: Format) -> None:
    """Create a project that works as generated, in a new directory NAME."""
    from apps.shared.slugs import lost_letters, slug_of
    from cli.project.scaffold import create_project

    directory = Path(name)
    project = directory.resolve().name
    files = create_project(directory, name=project, runtime=runtime, template=template)
    console.done(f"Created project {project}")
    if lost := lost_letters(project):
        console.warn(f"commands call its agent {slug_of(project)!r}: a slug cannot hold {lost!r}")
    if output in (Format.JSON, Format.YAML):
        record = {"name": project, "directory": str(directory), "files": [str(file) for file in files]}
        console.data(structured(record, output))
    else:
        console.data("\n".join(str(file) for file in files))
    console.print("\nNext steps:")
    if directory.resolve() != Path.cwd():
        console.print(f"  cd {shlex.quote(str(directory))}")
    console.print("  stigmer apply")
    console.print(f'  stigmer run {shlex.quote(slug_of(project))} -m "hello"')
