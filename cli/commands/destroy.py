"""`stigmer destroy`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option, output_option
from cli.commands.apply import enter
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, structured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.projects import Owned, Projects


@click.command(
    cls=Command,
    examples="""
        stigmer destroy
        stigmer destroy --project support --yes
    """,
)
@click.option("-C", "directory", metavar="DIR", default="", help="Work as if started in DIR.")
@click.option("--project", default="", metavar="NAME", help="Another project than that of the current directory.")
@click.option("--message", default="", metavar="TEXT", help="Recorded with the last revision of each resource.")
@org_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@output_option()
@click.pass_obj
def command(
    console: Console, /, *, directory: str, project: str, message: str, org: str, yes: bool, output: Format
) -> None:
    """Delete everything that a project has deployed, with what belongs to it.

    The project is that of the current directory, or the one named. What it deployed and others took over stays.
    """
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    if directory:
        enter(directory)
    name = project or name_here()
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from apps.backends.grpc_projects import GrpcProjects

        projects = GrpcProjects(backend)
        leaving, plan = planned(projects, name, organization)
        if not leaving:
            console.print(f"Project {name} owns nothing here: there is nothing to destroy.")
        elif not (yes or is_confirmed(console, name, leaving)):
            console.print("Nothing was deleted.")
            raise click.exceptions.Exit(Exit.CANCELLED)
        # Also where it owns nothing: its name goes out of the list of projects.
        gone = projects.destroy(name, org=organization, plan=plan, message=message)
    if gone or output is Format.JSON:
        console.data(show(name, organization, gone, output))


def name_here() -> str:
    """The name of the project that the current directory is in. Raises NoProjectFile."""
    from pathlib import Path

    from cli.project.project_file import find_project_file, project_name

    find_project_file(Path.cwd())
    return project_name(Path.cwd())


def planned(projects: Projects, name: str, org: str) -> tuple[Sequence[Owned], str]:
    """What would be deleted, and the plan that stands for it."""
    from apps.backends.base import NotFound

    try:
        return projects.plan_destroy(name, org=org)
    except NotFound:
        return (), ""


def is_confirmed(console: Console, name: str, leaving: Sequence[Owned]) -> bool:
    """Show what would be deleted, and ask for the project's name. Raises where nothing may be asked."""
    from cli.projects import leaving_table, resources_in_words

    what = resources_in_words(leaving)
    if not console.may_ask:
        raise CliError(
            f"project {name} is not destroyed without a yes, and nothing may be asked here: {what} would be deleted",
            hint=f"stigmer destroy --project {shlex.quote(name)} --yes",
            details=leaving_table(leaving).splitlines(),
            exit=Exit.MISUSE,
        )
    console.print(leaving_table(leaving, stream=sys.stderr))
    console.print("")
    return console.ask(f"Delete {what} with what belongs to them? Type {name} to delete:") == name


def show(name: str, org: str, gone: Sequence[Owned], output: Format) -> str:
    """What was deleted, in the format asked for."""
    from apps.backends.kinds import BY_NAME
    from cli.report import owned_record, status_table

    if output is Format.TABLE:
        return status_table((), gone)
    if output is Format.NAME:
        return "\n".join(f"{BY_NAME[each.kind].singular}/{each.slug}" for each in gone)
    return structured(
        {"project": name, "organization": org, "deleted": [owned_record(each, "deleted") for each in gone]}, output
    )
