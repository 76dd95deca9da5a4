"""Which resources a command means: some by their names, or those with labels and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from apps.backends.kinds import BY_NAME
from apps.backends.resource import Resource
from cli.errors import CliError
from cli.exits import Exit
from cli.resources import find_kind, find_resource, means_any_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from apps.backends.base import Backend
    from apps.backends.kinds import Kind


def labels_of(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """The values of `-l`. Raises BadParameter for one without `=`."""
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"must be LABEL=VALUE, not {value!r}")
    return {name: value for name, _, value in (each.partition("=") for each in values)}


def label_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`-l`, passed on as a dict in the argument `labels`."""
    return click.option(
        "-l",
        "--label",
        "labels",
        metavar="LABEL=VALUE",
        multiple=True,
        callback=labels_of,
        help="Only those with this label; several must all match.",
    )(function)


@dataclass(frozen=True)
class Selector:
    """What a list is narrowed by; what is empty narrows nothing."""

    labels: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    project: str = ""

    def __str__(self) -> str:
        """For sentences: ` with team=support`."""
        wanted = [*(f"{name}={value}" for name, value in self.labels.items()), *self.tags]
        return f" with {' and '.join(wanted)}" if wanted else ""


def some_by_name(
    backend: Backend, noun: str, names: Sequence[str], org: str, *, by_name: bool = False
) -> list[Resource]:
    """The resources of these names or ids, each once, in this order.

    Raises a CliError that names all that are not there.
    """
    found: dict[str, Resource] = {}
    missing: list[CliError] = []
    for name in names:
        try:
            one = Resource.of(find_resource(backend, find_kind(noun, name), name, org, by_name=by_name))
        except CliError as error:
            if error.exit is not Exit.NOT_FOUND:
                raise
            missing.append(error)
        else:
            found.setdefault(one.message.metadata.id, one)
    if len(missing) == 1:
        raise missing[0]
    if missing:
        raise CliError(
            f"{len(missing)} of {len(names)} were not found",
            details=map(str, missing),
            hint=missing[0].hint,
            exit=Exit.NOT_FOUND,
        )
    return list(found.values())


def selected(
    backend: Backend, kinds: Sequence[Kind], selector: Selector, org: str, limit: int, *, by_name: bool = False
) -> Iterator[Resource]:
    """The resources that match, kind by kind, newest first, at most `limit` of each."""
    from apps.backends.base import iterate

    for kind in kinds:
        for envelope in iterate(
            backend,
            kind.name,
            org=org,
            project=selector.project,
            labels=selector.labels,
            tags=selector.tags,
            limit=limit,
            by_name=by_name,
        ):
            yield Resource.of(envelope)


def kinds_called(noun: str) -> list[Kind]:
    """The kind that a noun means; both kinds of runs for `executions`."""
    from apps.backends.run_kinds import RUN_KINDS

    return [BY_NAME[name] for name in RUN_KINDS] if means_any_run(noun) else [find_kind(noun)]
