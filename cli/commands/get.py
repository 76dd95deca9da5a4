"""`stigmer get`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from apps.backends.kinds import KINDS
from apps.backends.runs import RUN_KINDS
from cli.command import Command, org_option, output_option
from cli.output import Console, Format, ago, as_json, as_yaml, table
from cli.resources import Resource, find_kind, find_resource, means_any_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.base import Backend
    from apps.backends.kinds import Kind


@click.command(
    cls=Command,
    help=f"""List the resources of KIND, newest first, or show the one called NAME (a name or an id).

    KIND: {", ".join(kind.plural for kind in KINDS)}, or executions for runs of both kinds; singular and
    short words work too.
    """,
    examples="""
        stigmer get agents
        stigmer get agent code-reviewer
        stigmer get agent code-reviewer --output yaml | stigmer apply -f -
    """,
)
@click.argument("kind")
@click.argument("name", required=False)
@org_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=1000, metavar="N", show_default=True, help="At most so many."
)
@output_option()
@click.pass_obj
def command(console: Console, /, *, kind: str, name: str | None, org: str, limit: int, output: Format) -> None:
    """The list, or the one."""
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    if name is None and (runs := run_kinds(kind)):
        from cli.commands.executions import list_some

        list_some(console, runs, org, limit, output)
        return
    wanted = find_kind(kind, name or "")
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        if name is not None:
            one = Resource.of(find_resource(backend, wanted, name, organization if org else ""))
            console.data(show([one], output, single=True))
            return
        found = list_all(backend, wanted, organization if org else "", limit + 1)
    if not found and output is Format.TABLE:
        console.print(f"No {wanted.plural.replace('-', ' ')} found.")
    elif found or output is Format.JSON:
        console.data(show(found[:limit], output, single=False))
    if len(found) > limit:
        console.more(wanted.plural.replace("-", " "), output)


def run_kinds(noun: str) -> tuple[str, ...]:
    """The kinds of runs that `noun` means; none where it means something else."""
    if means_any_run(noun):
        return RUN_KINDS
    kind = find_kind(noun).name
    return (kind,) if kind in RUN_KINDS else ()


def list_all(backend: Backend, kind: Kind, org: str, limit: int) -> list[Resource]:
    """At most `limit` resources, newest first."""
    from apps.backends.base import iterate

    return [Resource.of(envelope) for envelope in iterate(backend, kind.name, org=org, limit=limit)]


def show(found: Sequence[Resource], output: Format, *, single: bool) -> str:
    """`found` in the format asked for. YAML is what `apply -f` takes; JSON has everything."""
    if output is Format.NAME:
        return "\n".join(each.label for each in found)
    if output is Format.JSON:
        return as_json(found[0].record() if single else [each.record() for each in found])
    if output is Format.YAML:
        return "---\n".join(as_yaml(each.manifest()) for each in found).rstrip("\n")
    return as_table(found)


def as_table(found: Sequence[Resource]) -> str:
    """One line for each; a column of descriptions where any has one."""
    headers = ["NAME", "ID", "ORG", "UPDATED"]
    now = time.time()
    rows = [[each.slug, each.message.metadata.id, each.message.metadata.org or "-", age(each, now)] for each in found]
    if any(each.description for each in found):
        headers.append("DESCRIPTION")
        for row, each in zip(rows, found, strict=True):
            row.append(each.description)
    return table(headers, rows)


def age(resource: Resource, now: float) -> str:
    """`12m ago`."""
    return f"{ago(now - resource.updated)} ago" if resource.updated else "-"
