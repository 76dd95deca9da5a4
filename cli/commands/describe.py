"""`stigmer describe`: one resource in words, with what has to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Command, org_option
from cli.output import Console

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.resource import Resource
    from cli.described import Around

RUNS_SHOWN = 5
REVISIONS_SHOWN = 5


@click.command(
    cls=Command,
    examples="""
        stigmer describe agent code-reviewer
        stigmer describe environment staging    # and what uses it
    """,
)
@click.argument("kind")
@click.argument("name")
@org_option
@click.pass_obj
def command(console: Console, kind: str, name: str, org: str) -> None:
    """Say what a resource is, what uses it, how its last runs went, and how it came to be.

    For programs there is `stigmer get KIND NAME -o json`.
    """
    from apps.backends.config import resolve_organization
    from apps.backends.resource import Resource
    from apps.backends.run_kinds import kind_of_run
    from cli.connect import connect, local_config
    from cli.resources import find_kind, find_resource

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        from cli.described import page_of

        found = Resource.of(
            find_resource(backend, find_kind(kind, name), name, organization if org else "", by_name=True)
        )
        if kind_of_run(found.message.metadata.id):
            from cli.runs.listing import Names
            from cli.runs.page import details_of, page_of_run

            console.data(page_of_run(found, Names(backend), details_of(backend, found.message.metadata.id)))
            return
        console.data(page_of(found, around(backend, found)))


def around(backend: GrpcBackend, found: Resource) -> Around:
    """What has to do with a resource."""
    from apps.backends.around import instances_of
    from apps.backends.grpc_revisions import GrpcRevisions
    from cli.described import Around
    from cli.resources import counted

    resource_id = found.message.metadata.id
    revisions, _ = GrpcRevisions(backend).page(found.kind.name, resource_id, page_size=REVISIONS_SHOWN)
    users, project = used_by(backend, found)
    return Around(
        users,
        last_runs(backend, found),
        revisions,
        project,
        [each.slug for each in instances_of(backend, found.kind.name, resource_id)],
        counted(backend.count_belongings(found.kind.name, resource_id)),
    )


def used_by(backend: GrpcBackend, found: Resource) -> tuple[list[str], str]:
    """Who refers to a resource (`agent-instance/web`), and the project that owns it with where it is (`shop, /srv`)."""
    from stigmer_proto.controlplane.v1 import resources_pb2

    from apps.backends.kinds import BY_NAME

    request = resources_pb2.UsedByRequest(kind=found.kind.name, id=found.message.metadata.id)
    answer = backend.call("ResourceController/usedBy", request, resources_pb2.UsedByResponse)
    users = [
        f"{BY_NAME[each.kind].singular if each.kind in BY_NAME else each.kind}/{each.slug}" for each in answer.users
    ]
    return users, ", ".join(filter(None, (answer.project.name, answer.project.root)))


def last_runs(backend: GrpcBackend, found: Resource) -> str:
    """The last runs of what can be run, as a table; "" where there are none."""
    kind, resource_id = found.kind, found.message.metadata.id
    if kind.name in ("Agent", "Workflow"):
        from apps.backends.run_lists import RunQuery
        from cli.runs.found import as_table, find

        entries, _ = find(backend, RunQuery(**{kind.singular: resource_id}), RUNS_SHOWN)
        return as_table(entries, is_wide=False) if entries else ""
    from apps.backends.around import runs_below
    from cli.runs import listing

    runs = runs_below(backend, kind.name, resource_id, RUNS_SHOWN)
    return listing.as_table(runs, listing.Names(backend)) if runs else ""
