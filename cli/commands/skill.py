"""`stigmer skill`: instructions and files for agents, pushed, looked at and fetched."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.command import Group, output_option
from cli.output import Console, Format, structured, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.skills import SkillName, Skills


@click.group(
    cls=Group,
    examples="""
        stigmer skill push ./release-notes --tag stable
        stigmer skill list
        stigmer skill show release-notes
        stigmer skill pull release-notes
    """,
)
def command() -> None:
    """Push skills, which agents read when they need them; list, show and fetch them."""


def owner_options(function: Callable[..., Any]) -> Callable[..., Any]:  # Any: a command
    """`--scope` and `--for`: whose the skill is."""
    scope = click.option("--scope", type=click.Choice(["organization", "platform"]), default=None, help="Who owns it.")
    owner = click.option("--for", "owner", default="", metavar="ORG", help="The organization that owns it.")
    return scope(owner(function))


version_option = click.option(
    "--version", default="", metavar="VERSION", help="A tag, or the hash of a version; the newest without it."
)


@contextmanager
def connected(console: Console) -> Iterator[tuple[GrpcBackend, Skills]]:
    """A backend that answers, and its skills."""
    from cli.connect import connect, local_config

    with connect(console, local_config()) as backend:
        from apps.backends.grpc_skills import GrpcSkills

        yield backend, GrpcSkills(backend)


@command.command(
    examples="""
        stigmer skill push
        stigmer skill push ./release-notes --tag stable
        stigmer skill push code-review.zip --name code-review --scope platform
        stigmer skill push ./internal-docs --for my-org
    """
)
@click.argument("source", metavar="[DIR|ZIP]", default=".", type=click.Path(path_type=Path))
@click.option("--name", default="", metavar="NAME", help="Its name; else that of its front matter, or of DIR or ZIP.")
@click.option("--tag", default="", metavar="TAG", help="What references may call this version.")
@owner_options
@output_option()
@click.pass_obj
def push(
    console: Console, /, *, source: Path, name: str, tag: str, scope: str | None, owner: str, output: Format
) -> None:
    """Push the skill in DIR, where its SKILL.md is, or in the archive ZIP. Without one: where you are.

    The same files again change nothing; other files are a new version, and the ones before it are kept.
    """
    from apps.backends.skills import SkillName
    from cli.skills.pushing import archived, report

    if scope == "platform" and owner:
        raise click.UsageError("--for is for organizations: leave it or --scope platform out")
    with archived(console, source) as (file, found), connected(console) as (_, skills):
        chosen = name or found.front_matter.name or source.resolve().name.removesuffix(".zip")
        artifact = skills.upload(file)
        skill, action = skills.push(SkillName(chosen, scope or "", owner), artifact.version_hash, tag)
    console.data(report(skill, action, output))


@command.command("list", examples="stigmer skill list\nstigmer skill list -o json")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@output_option()
@click.pass_obj
def list_skills(console: Console, *, limit: int, output: Format) -> None:
    """List skills, newest first."""
    from apps.backends.base import iterate
    from apps.backends.resource import Resource
    from cli.skills.showing import as_table

    with connected(console) as (backend, _):
        found = [Resource.of(each) for each in iterate(backend, "Skill", limit=limit + 1)]
    shown = found[:limit]
    if output is Format.TABLE:
        console.data(as_table(shown)) if shown else console.print("No skills found.")
    elif output is not Format.NAME:
        console.data(structured([each.record() for each in shown], output))
    elif shown:
        console.data("\n".join(each.label for each in shown))
    if len(found) > limit:
        console.more("skills", output)


@command.command(examples="stigmer skill show release-notes\nstigmer skill show release-notes --version stable")
@click.argument("name")
@version_option
@owner_options
@output_option()
@click.pass_obj
def show(console: Console, /, *, name: str, version: str, scope: str | None, owner: str, output: Format) -> None:
    """Show the skill NAME: what it is for, its files, its versions and its SKILL.md."""
    from apps.backends.resource import Resource
    from cli.skills.showing import page, record

    with connected(console) as (_, skills):
        found = Resource.of(find(skills, named(name, scope, owner), version))
        artifact = skills.describe(found.message.status.version_hash)
        versions = list(skills.versions(found.message.metadata.id))
    if output is Format.TABLE:
        console.data(page(found, artifact, versions))
    else:
        console.data(found.label if output is Format.NAME else structured(record(found, artifact, versions), output))


@command.command(examples="stigmer skill pull release-notes\nstigmer skill pull release-notes ./notes --version stable")
@click.argument("name")
@click.argument("directory", metavar="[DIR]", default=None, required=False, type=click.Path(path_type=Path))
@version_option
@owner_options
@output_option()
@click.pass_obj
def pull(
    console: Console,
    /,
    *,
    name: str,
    directory: Path | None,
    version: str,
    scope: str | None,
    owner: str,
    output: Format,
) -> None:
    """Write the files of the skill NAME to DIR, which must not be there yet. Without DIR: to ./NAME."""
    from apps.backends.resource import Resource
    from cli.skills.pulling import pull_into

    with connected(console) as (_, skills):
        found = Resource.of(find(skills, named(name, scope, owner), version))
        target = directory or Path(found.slug)
        files = pull_into(skills, found.message.status.version_hash, target)
    row = {"name": found.slug, "version": found.message.status.version_hash, "directory": str(target), "files": files}
    if output is Format.TABLE:
        console.data(table(("NAME", "FILES", "DIRECTORY"), [(found.slug, str(len(files)), str(target))]))
    else:
        console.data(str(target) if output is Format.NAME else structured(row, output))


def named(name: str, scope: str | None, owner: str) -> SkillName:
    """Which skill a command means."""
    from apps.backends.resource import slug_of
    from apps.backends.skills import SkillName

    return SkillName(slug_of(name), scope or "", owner)


def find(skills: Skills, skill: SkillName, version: str) -> Any:  # Any: an Envelope
    """The skill; exit code 4 when there is none, or none of that version."""
    from apps.backends.base import NotFound
    from cli.errors import CliError
    from cli.exits import Exit

    try:
        return skills.get(skill, version)
    except NotFound as error:
        what = f"skill {skill.name!r}" + (f" with the version {version!r}" if version else "")
        raise CliError(f"{what} not found", hint="stigmer skill list", exit=Exit.NOT_FOUND) from error
