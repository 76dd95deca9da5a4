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
    """Create a project that works as generated, in a new directory NAME.

    Where no model can be reached now, its agent answers from a file of the project, answers.yaml.
    """
    from apps.shared.slugs import lost_letters, slug_of
    from cli.project.scaffold import create_project

    directory = Path(name)
    project = directory.resolve().name
    trouble = model_trouble()
    files = create_project(directory, name=project, runtime=runtime, template=template, is_scripted=bool(trouble))
    console.done(f"Created project {project}")
    if lost := lost_letters(project):
        console.warn(f"commands call its agent {slug_of(project)!r}: a slug cannot hold {lost!r}")
    if output in (Format.JSON, Format.YAML):
        record = {
            "name": project,
            "directory": str(directory),
            "files": [str(file) for file in files],
            "scripted": bool(trouble),
        }
        console.data(structured(record, output))
    else:
        console.data("\n".join(str(file) for file in files))
    if trouble:
        print_trouble(console, trouble, "main.go" if runtime == "go" else "main.py")
    console.print("\nNext steps:")
    if directory.resolve() != Path.cwd():
        console.print(f"  cd {shlex.quote(str(directory))}")
    console.print("  stigmer apply")
    console.print(f'  stigmer run {shlex.quote(slug_of(project))} -m "hello"')


def model_trouble() -> str:
    """Why the model of the configuration cannot be used now; "" when it can, as far as is known."""
    from apps.backends.config import child_environment, load
    from apps.backends.errors import BackendError
    from apps.backends.models.configured import seen

    try:
        return seen(load(), child_environment()).trouble
    except BackendError as error:
        return error.message


def print_trouble(console: Console, trouble: str, main: str) -> None:
    """Why the project answers by itself, and how it comes to ask a model."""
    console.print(f"\nNo model can be asked now: {trouble}.")
    console.print(
        f"The agent answers from answers.yaml, as {main} says. To have a model answer, make one of these work,"
    )
    console.print(f"and take the line with the model out of {main}:")
    console.print("  stigmer server llm pull         a model on this machine, with Ollama (https://ollama.com)")
    console.print(
        "  export ANTHROPIC_API_KEY=...    or OPENAI_API_KEY, and `stigmer config set backend.local.llm.provider`"
    )
