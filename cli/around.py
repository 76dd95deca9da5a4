"""What has to do with a resource, asked for and, for programs, put into one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from apps.backends.run_lists import RunEntry
from cli.events import events_of, record, run_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.resource import Resource
    from apps.backends.revisions import Revision
    from apps.backends.usage import RunDetails
    from cli.events import Event

RUNS_SHOWN = 5
REVISIONS_SHOWN = 5


class Owner(NamedTuple):
    """A project, and its directory on the machine of the server; "" where that is not known."""

    name: str
    root: str


class Around(NamedTuple):
    """What has to do with a resource: who refers to it (`agent-instance/web`), its last runs, its last revisions.

    `runs_table` has the runs for people. `instances` are slugs of those of an agent or a workflow, and `belongings`
    says how many of each kind go with it.
    """

    users: Sequence[str]
    runs: Sequence[RunEntry]
    runs_table: str
    revisions: Sequence[Revision]
    owner: Owner | None
    instances: Sequence[str]
    belongings: Mapping[str, int]

    @property
    def events(self) -> list[Event]:
        """What happened last, newest first."""
        return events_of(self.revisions, self.runs)


def around(backend: GrpcBackend, found: Resource) -> Around:
    """What has to do with a resource."""
    from apps.backends.around import instances_of
    from apps.backends.grpc_revisions import GrpcRevisions

    resource_id = found.message.metadata.id
    revisions, _ = GrpcRevisions(backend).page(found.kind.name, resource_id, page_size=REVISIONS_SHOWN)
    users, owner = used_by(backend, found)
    return Around(
        users,
        *last_runs(backend, found),
        revisions,
        owner,
        [each.slug for each in instances_of(backend, found.kind.name, resource_id)],
        backend.count_belongings(found.kind.name, resource_id),
    )


def used_by(backend: GrpcBackend, found: Resource) -> tuple[list[str], Owner | None]:
    """Who refers to a resource (`agent-instance/web`), and the project that owns it."""
    from stigmer_proto.controlplane.v1 import resources_pb2

    from apps.backends.kinds import BY_NAME

    request = resources_pb2.UsedByRequest(kind=found.kind.name, id=found.message.metadata.id)
    answer = backend.call("ResourceController/usedBy", request, resources_pb2.UsedByResponse)
    users = [
        f"{BY_NAME[each.kind].singular if each.kind in BY_NAME else each.kind}/{each.slug}" for each in answer.users
    ]
    return users, Owner(answer.project.name, answer.project.root) if answer.project.name else None


def last_runs(backend: GrpcBackend, found: Resource) -> tuple[list[RunEntry], str]:
    """The last runs of what can be run, and as a table; none and "" where there are none."""
    kind, resource_id = found.kind, found.message.metadata.id
    if kind.name in ("Agent", "Workflow"):
        from apps.backends.run_lists import RunQuery
        from cli.runs.found import as_table, find

        entries, _ = find(backend, RunQuery(**{kind.singular: resource_id}), RUNS_SHOWN)
        return entries, as_table(entries, is_wide=False) if entries else ""
    from apps.backends.around import runs_below
    from cli.runs import listing

    runs = runs_below(backend, kind.name, resource_id, RUNS_SHOWN)
    names = listing.Names(backend)
    return [entry(run, names.of(run)) for run in runs], listing.as_table(runs, names) if runs else ""


def entry(run: Resource, name: str) -> RunEntry:
    """A run as lists have it, as far as its execution tells."""
    from cli.runs.listing import created, phase_of
    from cli.runs.words import moment

    status = run.message.status
    return RunEntry(
        id=run.message.metadata.id,
        kind=run.kind.name,
        name=name,
        phase=phase_of(run),
        waiting="",
        created_at=created(run),
        started_at=moment(status.started_at),
        completed_at=moment(status.completed_at),
        input="",
        error=status.error,
        tokens=0,
        labels=dict(run.message.metadata.labels),
    )


def described(found: Resource, known: Around) -> dict[str, Any]:  # plain data
    """All that the page of a resource says, for a program."""
    return {
        "resource": found.record(),
        "project": {"name": known.owner.name, "root": known.owner.root or None} if known.owner else None,
        "instances": [*known.instances],
        "belongings": dict(known.belongings),
        "usedBy": [*known.users],
        "lastRuns": [*map(run_record, known.runs)],
        "events": [*map(record, known.events)],
    }


def described_run(run: Resource, details: RunDetails | None) -> dict[str, Any]:  # plain data
    """A run, and what its execution does not say; null where the server is too old to say it."""
    usage = details.usage if details else ()
    return {
        "resource": run.record(),
        "project": details.project or None if details else None,
        "attempt": details.attempt if details else None,
        "rerunOf": details.rerun_of or None if details else None,
        "retryOf": details.retry_of or None if details else None,
        "retryFrom": details.retry_from or None if details else None,
        "retriedBy": details.retried_by or None if details else None,
        "try": details.try_number if details else None,
        "canBeRetried": details.can_be_retried if details else None,
        "usage": [
            {
                "model": each.key,
                "inputTokens": each.input_tokens,
                "outputTokens": each.output_tokens,
                "cost": each.cost or None,
            }
            for each in usage
        ],
    }
