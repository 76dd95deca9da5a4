"""`stigmer describe`: one resource in words, with what has to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option, output_option
from cli.output import Console, Format, structured

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.resource import Resource


@click.command(
    cls=Command,
    examples="""
        stigmer describe agent code-reviewer
        stigmer describe environment staging    # and what uses it
        stigmer describe workflow nightly-report -o json | jq .events
    """,
)
@click.argument("kind")
@click.argument("name")
@org_option
@output_option()
@click.pass_obj
def command(console: Console, /, *, kind: str, name: str, org: str, output: Format) -> None:
    """Say what a resource is, what uses it, how its last runs went, and what happened to it.

    With `-o json` or `-o yaml` it is an object with the same, and the whole resource in `resource`.
    """
    from apps.backends.config import resolve_organization
    from apps.backends.resource import Resource
    from apps.backends.run_kinds import kind_of_run
    from cli.connect import connect, local_config
    from cli.resources import find_kind, find_resource

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        found = Resource.of(
            find_resource(backend, find_kind(kind, name), name, organization if org else "", by_name=True)
        )
        if output is Format.NAME:
            console.data(found.label)
            return
        show = show_run if kind_of_run(found.message.metadata.id) else show_resource
        console.data(show(backend, found, output))


def show_run(backend: GrpcBackend, found: Resource, output: Format) -> str:
    """A run in the format asked for."""
    from cli.around import described_run
    from cli.runs.listing import Names
    from cli.runs.page import details_of, page_of_run

    details = details_of(backend, found.message.metadata.id)
    if output is Format.TABLE:
        return page_of_run(found, Names(backend), details)
    return structured(described_run(found, details), output)


def show_resource(backend: GrpcBackend, found: Resource, output: Format) -> str:
    """Whatever is no run, in the format asked for."""
    from cli.around import around, described
    from cli.described import page_of

    known = around(backend, found)
    return page_of(found, known) if output is Format.TABLE else structured(described(found, known), output)
