"""`stigmer get`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from apps.backends.kinds import KINDS
from apps.backends.run_kinds import RUN_KINDS
from cli.command import Command, org_option, output_option
from cli.output import Console, Format, ago, as_json, as_yaml, table
from cli.resources import find_kind, means_any_run
from cli.selectors import Selector, kinds_called, label_option, selected, some_by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.resource import Resource


@click.command(
    cls=Command,
    help=f"""List the resources of KIND, newest first, or show those called NAME (names or ids).

    KIND: {", ".join(kind.plural for kind in KINDS)}, executions for runs of both kinds, or projects;
    singular and short words work too.
    """,
    examples="""
        stigmer get agents
        stigmer get agent code-reviewer
        stigmer get agents -l team=support --tag production
        stigmer get agents --project support
        stigmer get agent code-reviewer --output yaml | stigmer apply -f -
    """,
)
@click.argument("kind")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@label_option
@click.option(
    "--tag", "tags", metavar="TAG", multiple=True, help="Only those with this tag; several must all be there."
)
@click.option("--project", default="", metavar="NAME", help="Only what belongs to this project.")
@org_option
@click.option(
    "--limit", type=click.IntRange(min=1), default=1000, metavar="N", show_default=True, help="At most so many."
)
@output_option()
@click.pass_obj
def command(
    console: Console,
    /,
    *,
    kind: str,
    names: tuple[str, ...],
    labels: dict[str, str],
    tags: tuple[str, ...],
    project: str,
    org: str,
    limit: int,
    output: Format,
) -> None:
    """The list, or those that are named."""
    selector = Selector(labels, tags, project)
    if names and selector != Selector():
        raise click.UsageError("--label, --tag and --project go with a list: what has a name needs none of them")
    if means_projects(kind):
        from cli.projects import list_or_show

        if labels or tags or len(names) > 1:
            raise click.UsageError("projects have neither labels nor tags, and are shown one by one")
        list_or_show(console, next(iter(names), None), org, limit, output)
    elif names:
        show_some(console, kind, names, org, output)
    elif (runs := run_kinds(kind)) and not (labels or tags):
        from cli.commands.executions import list_some

        list_some(console, runs, org, limit, output, project=project)
    else:
        show_list(console, kind, selector, org, limit, output)


def show_some(console: Console, kind: str, names: tuple[str, ...], org: str, output: Format) -> None:
    """Those that are named."""
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    for name in names:
        find_kind(kind, name)  # refuses a word that means none
    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        found = some_by_name(backend, kind, names, organization if org else "", by_name=output is Format.YAML)
    console.data(show(found, output, single=len(names) == 1))


def show_list(console: Console, noun: str, selector: Selector, org: str, limit: int, output: Format) -> None:
    """Those that match."""
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config
    from cli.projects import in_your_words

    kinds = kinds_called(noun)
    config = local_config()
    organization = resolve_organization(config, org)
    plural = (kinds[0].plural if len(kinds) == 1 else "executions").replace("-", " ")
    with connect(console, config) as backend, in_your_words(selector.project):
        wanted_org, by_name = organization if org else "", output is Format.YAML
        found = [*selected(backend, kinds, selector, wanted_org, limit + 1, by_name=by_name)]
    if not found and output is Format.TABLE:
        console.print(f"No {plural}{selector} found.")
    elif found or output is Format.JSON:
        console.data(show(found[:limit], output, single=False))
    if len(found) > limit:
        console.more(plural, output)


def run_kinds(noun: str) -> tuple[str, ...]:
    """The kinds of runs that `noun` means; none where it means something else."""
    if means_any_run(noun):
        return RUN_KINDS
    kind = find_kind(noun).name
    return (kind,) if kind in RUN_KINDS else ()


def means_projects(noun: str) -> bool:
    return noun.lower() in {"project", "projects"}


def show(found: Sequence[Resource], output: Format, *, single: bool) -> str:
    """`found` in the format asked for. YAML is what `apply -f` takes; JSON has everything."""
    if output is Format.NAME:
        return "\n".join(each.label for each in found)
    if output is Format.JSON:
        return as_json(found[0].record() if single else [each.record() for each in found])
    if output is Format.YAML:
        from cli.schemas import editor_line

        return "---\n".join(editor_line(each.kind) + as_yaml(each.manifest()) for each in found).rstrip("\n")
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
