"""Projects and what they own, as the command line finds and prints them."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from apps.backends.kinds import BY_NAME
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, ago, structured, table
from cli.resources import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.projects import Owned, Project, Projects


def list_or_show(console: Console, name: str | None, org: str, limit: int, output: Format) -> None:
    """`stigmer get projects [NAME]`."""
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from apps.backends.grpc_projects import GrpcProjects

        projects = GrpcProjects(backend)
        if name is not None:
            console.data(one_project(find_project(projects, name, organization), output))
            return
        found = newest(projects, organization if org else "", limit + 1)
    if not found and output is Format.TABLE:
        console.print("No projects found.")
    elif found or output is Format.JSON:
        console.data(many_projects(found[:limit], output))
    if len(found) > limit:
        console.more("projects", output)


def find_project(projects: Projects, name: str, org: str) -> Project:
    """Raises a CliError where there is none."""
    with in_your_words(name):
        return projects.get(name, org=org)


@contextmanager
def in_your_words(name: str) -> Iterator[None]:
    """That a project is not there is told with the command that lists those that are."""
    from apps.backends.base import NotFound

    try:
        yield
    except NotFound as error:
        raise CliError(f"project {name!r} not found", hint="stigmer get projects", exit=Exit.NOT_FOUND) from error


def newest(projects: Projects, org: str, limit: int) -> list[Project]:
    """At most `limit`, newest first."""
    found: list[Project] = []
    token = ""
    while len(found) < limit:
        page, token = projects.page(org=org, page_size=min(100, limit - len(found)), page_token=token)
        found += page
        if not token:
            break
    return found


def one_project(project: Project, output: Format) -> str:
    """What it owns, in the format asked for."""
    if output is Format.TABLE:
        return owned_table(project.resources)
    if output is Format.NAME:
        return "\n".join(f"{BY_NAME[each.kind].singular}/{each.slug}" for each in project.resources)
    resources = [{"kind": each.kind, "name": each.slug, "id": each.id} for each in project.resources]
    return structured({**record(project), "resources": resources}, output)


def many_projects(projects: Sequence[Project], output: Format) -> str:
    """A list of them, in the format asked for."""
    if output is Format.TABLE:
        return project_table(projects)
    if output is Format.NAME:
        return "\n".join(f"project/{each.name}" for each in projects)
    return structured([record(each) for each in projects], output)


def record(project: Project) -> dict[str, Any]:  # plain data
    return {
        "name": project.name,
        "org": project.org,
        "createdAt": moment(project.created),
        "createdBy": project.created_by,
        "updatedAt": moment(project.updated),
        "updatedBy": project.updated_by,
        "resourceCount": project.resource_count,
        "root": project.root,
    }


def moment(seconds: float) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def leaving_table(leaving: Sequence[Owned], *, stream: TextIO | None = None) -> str:
    """Resources that go, or would go, and what with each."""
    rows = [(each.kind, each.slug, counted(each.belongings) or "-") for each in leaving]
    return table(("TYPE", "NAME", "WITH IT"), rows, stream=stream or sys.stdout)


def owned_table(owned: Sequence[Owned]) -> str:
    """Resources of a project."""
    return table(("TYPE", "NAME", "ID"), [(each.kind, each.slug, each.id) for each in owned])


def project_table(projects: Sequence[Project]) -> str:
    """One line for each."""
    now = time.time()
    rows = [(each.name, each.org, f"{each.resource_count:,}", f"{ago(now - each.updated)} ago") for each in projects]
    return table(("NAME", "ORG", "RESOURCES", "UPDATED"), rows)


def resources_in_words(owned: Sequence[Owned]) -> str:
    """`agent old-one`, or `3 resources`."""
    if len(owned) != 1:
        return f"{len(owned):,} resources"
    return f"{BY_NAME[owned[0].kind].singular.replace('-', ' ')} {owned[0].slug}"
