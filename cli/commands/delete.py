"""`stigmer delete`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, structured, table
from cli.resources import counted
from cli.selectors import Selector, kinds_called, label_option, selected, some_by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.base import Backend
    from apps.backends.resource import Resource

MOST = 1000
"""At a time, by labels."""
SHOWN = 20
"""Of what is asked about, line by line."""


@click.command(
    cls=Command,
    examples="""
        stigmer delete agent code-reviewer
        stigmer delete workflow nightly-report weekly-report --yes --force
        stigmer delete agents -l team=support
        stigmer delete -f agents.yaml
    """,
)
@click.argument("kind", required=False)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@label_option
@click.option(
    "-f",
    "--file",
    "files",
    metavar="FILE",
    multiple=True,
    help="What this YAML file or directory declares; - is stdin.",
)
@org_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--force", is_flag=True, help="Also what others use, and where executions are running: they are cancelled first."
)
@output_option()
@click.pass_obj
def command(
    console: Console,
    /,
    *,
    kind: str | None,
    names: tuple[str, ...],
    labels: dict[str, str],
    files: tuple[str, ...],
    org: str,
    yes: bool,
    force: bool,
    output: Format,
) -> None:
    """Delete the resources of KIND called NAME (names or ids), and what belongs to them.

    Instead of names: labels, or files that declare them.
    """
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    if sum(map(bool, (names, labels, files))) != 1 or bool(kind) is bool(files):
        raise click.UsageError("say what to delete: KIND and names, KIND and labels, or files")
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        wanted_org = organization if org else ""
        if files:
            targets = declared(console, backend, files, organization)
        elif labels:
            targets = labelled(backend, kind or "", labels, wanted_org)
        else:
            targets = some_by_name(backend, kind or "", names, wanted_org)
        if not (yes or is_confirmed(console, backend, targets)):
            console.print("Nothing was deleted.")
            raise click.exceptions.Exit(Exit.CANCELLED)
        delete(console, backend, targets, output, force=force)


def labelled(backend: Backend, noun: str, labels: dict[str, str], org: str) -> list[Resource]:
    """Those with these labels. Raises a CliError where there are none, and where there are too many to see."""
    selector, kinds = Selector(labels), kinds_called(noun)
    plural = (kinds[0].plural if len(kinds) == 1 else "executions").replace("-", " ")
    found = [*selected(backend, kinds, selector, org, MOST + 1)]
    if not found:
        hint = f"stigmer get {plural.replace(' ', '-')}"
        raise CliError(f"there are no {plural}{selector}: nothing was deleted", hint=hint, exit=Exit.NOT_FOUND)
    if len(found) > MOST:
        raise CliError(
            f"there are more than {MOST:,} {plural}{selector}: nothing was deleted",
            hint="Add another label",
            reason="stigmer.cli.too_many",
        )
    return found


def declared(console: Console, backend: Backend, files: Sequence[str], org: str) -> list[Resource]:
    """What is there of what files declare, children first. Raises a CliError where nothing of it is."""
    from apps.backends.base import NotFound
    from apps.backends.resource import Resource
    from cli.project.yaml_files import load_files

    found = []
    for each in reversed(load_files(files, org=org, stdin=sys.stdin.buffer).resources):
        try:
            found.append(Resource.of(backend.get(each.kind, slug=each.slug, org=org)))
        except NotFound:
            console.print(f"{each.noun} {each.slug} is not there.")
    if not found:
        raise CliError("nothing of these files is there: nothing was deleted", exit=Exit.NOT_FOUND)
    return found


def is_confirmed(console: Console, backend: Backend, targets: Sequence[Resource]) -> bool:
    """Ask, by severity: `y` for one, its name for an organization, their number for several.

    Raises where nothing may be asked.
    """
    first = targets[0]
    what = (
        f"{first.noun} {first.slug} ({first.message.metadata.id})" if len(targets) == 1 else f"{len(targets)} resources"
    )
    if not console.may_ask:
        one, several = ("is", f"stigmer delete {first.kind.singular} {first.slug} --yes"), ("are", "")
        are, again = one if len(targets) == 1 else several
        raise CliError(
            f"{what} {are} not deleted without a yes, and nothing may be asked here",
            hint=again or shlex.join(["stigmer", *sys.argv[1:], "--yes"]),
            exit=Exit.MISUSE,
        )
    for each in targets[:SHOWN] if len(targets) > 1 else ():
        console.print(f"  {each.label}")
    if len(targets) > SHOWN:
        console.print(f"  ... and {len(targets) - SHOWN} more")
    needed = str(len(targets)) if len(targets) > 1 else first.slug if first.kind.name == "Organization" else "y"
    too = f" with {belongings}" if (belongings := belongings_of(backend, targets)) else ""
    answer = console.ask(f"Delete {what}{too}? Type {needed} to delete:")
    return (answer.lower() if needed == "y" else answer) == needed


def belongings_of(backend: Backend, targets: Sequence[Resource]) -> str:
    """What goes with them: `2 agent instances, 1 session and 14 agent executions`. Empty for nothing."""
    from apps.backends.base import Unsupported

    if any(target.kind.name == "Organization" for target in targets):
        return "EVERYTHING it owns"
    counts: dict[str, int] = {}
    try:
        for target in targets:
            for name, count in backend.count_belongings(target.kind.name, target.message.metadata.id).items():
                counts[name] = counts.get(name, 0) + count
    except Unsupported:
        return "what belongs to it"
    return counted(counts)


def delete(console: Console, backend: Backend, targets: Sequence[Resource], output: Format, *, force: bool) -> None:
    """Delete them one by one, and print those that are gone, also where one is refused."""
    from apps.backends.base import NotFound

    gone: list[Resource] = []
    try:
        for target in targets:
            try:
                backend.delete(target.kind.name, target.message.metadata.id, force=force)
            except NotFound:
                if len(targets) == 1:
                    raise  # of several, it may have gone with another
            gone.append(target)
    finally:
        if gone:
            console.data(show(gone, output))


def show(gone: Sequence[Resource], output: Format) -> str:
    """What was deleted, in the format asked for."""
    if output is Format.NAME:
        return "\n".join(each.label for each in gone)
    rows = [
        {"kind": each.kind.name, "name": each.slug, "status": "deleted", "id": each.message.metadata.id}
        for each in gone
    ]
    if output is Format.TABLE:
        shown = [(row["kind"], row["name"], "✓ Deleted", row["id"]) for row in rows]
        return table(("TYPE", "NAME", "STATUS", "ID"), shown)
    return structured(rows if len(rows) > 1 else rows[0], output)
