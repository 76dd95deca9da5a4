"""Runs in lists: both kinds together, newest first, with the names of what they ran."""

from __future__ import annotations

import time
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from apps.backends.base import NotFound
from apps.backends.kinds import BY_NAME
from apps.backends.resource import Resource
from apps.backends.run_kinds import RUN_KINDS
from apps.backends.runs import Phase
from apps.shared.durations import duration
from cli.output import ago, table
from cli.runs.words import PHASE_COLOURS, in_words, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from apps.backends.base import Backend
    from apps.backends.targets import Target


class Filter(NamedTuple):
    """Which runs: of these kinds, of one phase, of one agent, workflow or instance of a workflow, of one project."""

    kinds: tuple[str, ...] = RUN_KINDS
    phase: Phase | None = None
    target: Target | None = None
    project: str = ""

    def fits(self, run: Resource) -> bool:
        """Whether `run` is of the wanted target."""
        spec = run.message.spec
        fields = ("agent_id", "workflow_id", "workflow_instance_id")
        return self.target is None or self.target.id in (getattr(spec, field, "") for field in fields)


def newest(backend: Backend, wanted: Filter, limit: int) -> tuple[list[Resource], bool]:
    """The newest runs that fit, at most `limit` of them, and whether there are more."""
    lists = [of_kind(backend, kind, wanted, page_size=min(100, limit + 1)) for kind in wanted.kinds]
    # Behind its prefix, an id begins with the time it was made.
    runs = merge(*lists, key=lambda run: run.message.metadata.id.partition("-")[2], reverse=True)
    found = list(islice(runs, limit + 1))
    return found[:limit], len(found) > limit


def of_kind(backend: Backend, kind: str, wanted: Filter, *, page_size: int) -> Iterator[Resource]:
    """The runs of one kind that fit, newest first; pages are fetched as they are needed."""
    token = ""
    while True:
        page = (
            backend.list_page(kind, project=wanted.project, page_size=page_size, page_token=token)
            if wanted.project
            else backend.list_runs(kind, phase=wanted.phase, page_size=page_size, page_token=token)
        )
        yield from (run for run in map(Resource.of, page.items) if wanted.fits(run))
        token = page.next_token
        if not token:
            return


class Names:
    """The names of agents and workflows by their ids, each asked for once."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[str, str] = {}

    def of(self, run: Resource) -> str:
        """What a run ran; its id where it is gone."""
        spec = run.message.spec
        kind, resource_id = ("Agent", spec.agent_id) if is_agent_run(run) else ("Workflow", spec.workflow_id)
        return self.slug(kind, resource_id)

    def agent_of_instance(self, instance_id: str) -> str:
        """The name of the agent that an instance is one of; the instance's id where it is gone."""
        if instance_id not in self._known:
            try:
                instance = Resource.of(self._backend.get("AgentInstance", resource_id=instance_id))
            except NotFound:
                self._known[instance_id] = instance_id
            else:
                self._known[instance_id] = self.slug("Agent", instance.message.spec.agent_id)
        return self._known[instance_id]

    def slug(self, kind: str, resource_id: str) -> str:
        """The name of one resource."""
        if resource_id and resource_id not in self._known:
            try:
                self._known[resource_id] = Resource.of(self._backend.get(kind, resource_id=resource_id)).slug
            except NotFound:
                self._known[resource_id] = resource_id
        return self._known.get(resource_id, "-")


def is_agent_run(run: Resource) -> bool:
    """Whether `run` is one of an agent."""
    return run.kind.name == "AgentExecution"


def phase_of(run: Resource) -> Phase:
    """Where a run stands."""
    return Phase.of(run.message.status.phase)


def created(resource: Resource) -> float:
    """When a run or a session was created, in seconds from the epoch."""
    return float(resource.message.status.audit.spec_audit.created_at.seconds)


def lasted(run: Resource, now: float) -> str:
    """How long a run took, or has been going on; `-` for one that has not begun."""
    status = run.message.status
    begun = moment(status.started_at)
    if not begun:
        return "-"
    return duration((moment(status.completed_at) or now) - begun)


def as_table(runs: Sequence[Resource], names: Names) -> str:
    """One line for each run."""
    headers = ("ID", "TYPE", "NAME", "PHASE", "CREATED", "TOOK")
    now = time.time()
    return table(headers, [row(run, names, now) for run in runs], colours=PHASE_COLOURS)


def row(run: Resource, names: Names, now: float) -> tuple[str, ...]:
    """The cells of one run."""
    since = created(run)
    return (
        run.message.metadata.id,
        "agent" if is_agent_run(run) else "workflow",
        names.of(run),
        in_words(phase_of(run).value),
        f"{ago(now - since)} ago" if since else "-",
        lasted(run, now),
    )


def records(runs: Iterable[Resource]) -> list[dict[str, Any]]:  # plain data
    """The runs for a program."""
    return [run.record() for run in runs]


def find_run(backend: Backend, execution_id: str) -> Resource:
    """One run by its id. NOT_FOUND (exit code 4) when there is none."""
    from apps.backends.run_kinds import kind_of_run

    kind = kind_of_run(plain_id(execution_id))
    try:
        if kind:
            return Resource.of(backend.get(kind, resource_id=plain_id(execution_id)))
    except NotFound:
        pass
    from cli.errors import CliError
    from cli.exits import Exit

    raise CliError(f"execution {execution_id!r} not found", hint="stigmer executions list", exit=Exit.NOT_FOUND)


def plain_id(written: str) -> str:
    """An id as it is, or as `get -o name` prints it: `agent-execution/aex-...`."""
    noun, _, rest = written.partition("/")
    return rest if rest and noun in (BY_NAME[kind].singular for kind in RUN_KINDS) else written
