"""The client of programs that wait for what they ask."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from apps.backends import kinds
from apps.backends.base import NotFound, iterate
from apps.backends.batches import PARALLEL
from apps.backends.client.connection import connect
from apps.backends.client.control import Controlled, ControlsRuns
from apps.backends.client.declared import declared_envelope
from apps.backends.client.outcome import RunTimedOut, output_of, phase_of, result_of
from apps.backends.follower import Follower
from apps.backends.resource import Resource, is_id_of, slug_of
from apps.backends.run_kinds import kind_of_run
from apps.backends.runs import Phase, RunEvent, StartRun
from apps.backends.targets import find_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from apps.backends.client.batch import Batch, Lines
    from apps.backends.client.connection import Connection
    from apps.backends.client.watch import Watch
    from apps.backends.projects import ProjectApplied
    from apps.backends.runs import Json
    from apps.backends.targets import Target

TICK_SECONDS = 0.1
ANYTHING = 2**31
"""No limit."""


class Client(ControlsRuns):
    """A connection to Stigmer, which starts on this machine if it does not run yet.

    `endpoint` (`host:port`) and `token` name another server than the configuration does. Every method raises a
    `BackendError`: its message is a sentence, its `hint` a way out, its `reason` a word for programs. One client may
    be used by several threads. Use it as a context manager, or `close` it.
    """

    def __init__(
        self, *, endpoint: str = "", token: str = "", start: bool = True, tls: bool | None = None, ca_file: str = ""
    ) -> None:
        """Connect. `start=False` raises Unreachable where no daemon runs.

        An endpoint on another machine is spoken to by TLS unless `tls=False`; `ca_file` names its authorities in PEM.
        """
        self._connection: Connection = connect(endpoint, token, start=start, tls=tls, ca_file=ca_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back: what still uses it raises Unreachable. Runs go on."""
        self._connection.close()

    @property
    def endpoint(self) -> str:
        """`host:port` of the server."""
        return self._connection.backend.endpoint

    def run(
        self,
        name: str = "",
        *,
        message: str = "",
        input: Mapping[str, Json] | None = None,  # noqa: A002 - the contract's word
        session: str = "",
        model: str = "",
        environments: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str = "",
    ) -> Execution:
        """Start a run of an agent or a workflow and return at once.

        `name` is a name, an id, or `agent/NAME` and the like; with `session` it may be left out. An agent is asked
        `message`; a workflow reads `input`, plain JSON. `environments` are names; `env` and `secrets` are variables of
        this run, secrets encrypted and masked. A repeat with the same `request_id` answers the run that there is.
        """
        backend, org = self._connection.backend, self._connection.org
        target = find_target(backend, name, org) if name else None
        wanted = StartRun(
            target=field_of(target) if target and not session else "",
            key=target.id if target else "",
            session=session,
            org=org,
            message=message,
            input=dict(input or {}),
            environments=tuple(environments),
            runtime_env=variables(env, secrets),
            model=model,
            labels=dict(labels or {}),
            request_id=request_id,
        )
        return Execution(self._connection, Resource.of(backend.start_run(wanted)))

    def batch(
        self,
        name: str,
        lines: Lines,
        *,
        parallel: int = PARALLEL,
        message: str = "",
        input: Mapping[str, Json] | None = None,  # noqa: A002 - the contract's word
        model: str = "",
        environments: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        resume: str = "",
    ) -> Batch:
        """Run an agent or a workflow once for each line, at most `parallel` (1 to 64) at a time.

        `lines` are messages for an agent, inputs for a workflow, or the path of a .jsonl or .csv file of these. Every
        line is checked before this returns: Invalid names those that are broken, and nothing is started. Iterating
        the batch runs it. All runs have `input` and the rest in common, as in `run`; a line's own values come first.
        `resume` is the name of a batch of the same lines that was left: what was started is not started again (for
        24 hours), what has ended is answered. Raises NotFound for a name that no batch has.
        """
        from apps.backends.client.batch import new_batch

        target = find_target(self._connection.backend, name, self._connection.org)
        common = StartRun(
            target=field_of(target),
            key=target.id,
            org=self._connection.org,
            message=message,
            input=dict(input or {}),
            environments=tuple(environments),
            runtime_env=variables(env, secrets),
            model=model,
            labels=dict(labels or {}),
        )
        return new_batch(self._connection, target, common, lines, parallel=parallel, resume=resume)

    def rerun_batch(self, batch: str, *, parallel: int = PARALLEL, pinned: bool = False) -> Batch:
        """Run once more what failed of a batch and was not mended by an earlier try, with what it was given.

        `batch` is its name; `pinned` takes the definition that the workflow had then. Nothing that failed: a batch
        without runs. Raises NotFound for a name that no batch has.
        """
        from apps.backends.client.batch import failed_batch

        return failed_batch(self._connection, batch, pinned=pinned, parallel=parallel)

    def execution(self, execution_id: str) -> Execution:
        """A run that was started before, by whomever. Raises NotFound."""
        return Execution(self._connection, self._get_run(execution_id))

    def apply(
        self,
        *declared: Any,
        project: str = "",
        prune: bool = False,
        take_over: bool = False,
        message: str = "",
        dry_run: bool = False,
    ) -> ProjectApplied:
        """Deploy agents and workflows of the SDK, or messages of the contract; all of them or none.

        Iterating the answer gives what became of each, in their order; with `dry_run` what would. `message` is kept
        with the revisions. As a `project` they are all that it declares: what it owned besides is in
        `no_longer_declared`, or with `prune` deleted; `take_over` takes what belongs to other projects. Raises Invalid
        with every violation, and Conflict for what belongs to another project.
        """
        from apps.backends.grpc_start import check_text
        from apps.backends.projects import Ownership, ProjectApplied

        if (prune or take_over) and not project:
            raise ValueError("prune and take_over are for a project: name it, as in apply(..., project='shop')")
        check_text("message", message)
        check_text("project", project)
        org, backend = self._connection.org, self._connection.backend
        envelopes = [declared_envelope(each, org) for each in declared]
        if not project:
            return ProjectApplied(tuple(backend.apply(envelopes, dry_run=dry_run, message=message)))
        from apps.backends.grpc_projects import GrpcProjects

        ownership = Ownership(project, org, whole=True, prune=prune, take_over=take_over)
        return GrpcProjects(backend).apply(envelopes, ownership, dry_run=dry_run, message=message)

    def get(self, kind: str, name: str) -> Resource:
        """One resource by name or id; `kind` as the command line takes it (`agent`, `workflows`, `env`).

        Raises NotFound.
        """
        row = find_kind(kind)
        backend, org = self._connection.backend, self._connection.org
        if is_id_of(row.name, name):
            return Resource.of(backend.get(row.name, org=org, resource_id=name))
        return Resource.of(backend.get(row.name, org=org, slug=slug_of(name)))

    def list(self, kind: str, *, limit: int = ANYTHING) -> Iterator[Resource]:
        """The resources of a kind, newest first, read page by page as they are asked for."""
        found = iterate(self._connection.backend, find_kind(kind).name, org=self._connection.org, limit=limit)
        return map(Resource.of, found)

    def watch(
        self,
        kind: str,
        *,
        project: str = "",
        labels: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
        phase: Phase | None = None,
        position: str = "",
    ) -> Watch:
        """What happens to the resources of a kind from now on, or from the `position` of an earlier watch on.

        Only to those with all of the labels and tags; to runs as they get into a `phase`. Raises NotFound for a
        project, and Conflict where a position is too old.
        """
        from apps.backends.client.watch import Watch
        from apps.backends.watching import Watched

        kind_name, org = find_kind(kind).name, self._connection.org
        watched = Watched(kind_name, org, project, dict(labels or {}), tuple(tags), phase)
        return Watch(self._connection, watched, position)

    def _get_run(self, execution_id: str) -> Resource:
        kind = kind_of_run(execution_id)
        if not kind:
            raise NotFound(f"{execution_id!r} is no id of a run")
        return Resource.of(self._connection.backend.get(kind, resource_id=execution_id))


class Execution(Controlled):
    """One run. Iterating it gives its events from the first on, over restarts of the server, until it has ended."""

    def __init__(self, connection: Connection, run: Resource) -> None:
        self._connection = connection
        self._run = run

    def __iter__(self) -> Iterator[RunEvent]:
        return self.events()

    def __repr__(self) -> str:
        return f"<Execution {self.id} {self.phase.value}>"

    @property
    def id(self) -> str:
        """`aex-...` or `wex-...`."""
        return str(self._run.message.metadata.id)

    @property
    def phase(self) -> Phase:
        """Where it stood when it was last looked at: by `refresh`, `result` or the end of its events."""
        return phase_of(self._run)

    @property
    def output(self) -> Json:
        """What it had answered by then: a workflow's output, an agent's last text; None before."""
        return output_of(self._run)

    @property
    def error(self) -> str:
        """Why it failed; "" where it did not."""
        return str(self._run.message.status.error)

    @property
    def resource(self) -> Resource:
        """The whole run: its `message` of the contract, and `record()` as plain data."""
        return self._run

    def refresh(self) -> Self:
        """Look at it again."""
        kind = kind_of_run(self.id)
        self._run = Resource.of(self._connection.backend.get(kind, resource_id=self.id))
        return self

    def events(self, *, after: int = 0) -> Iterator[RunEvent]:
        """Its events with an id above `after`, as they happen."""
        return (event for event in self.watch(after) if event is not None)

    def result(self, timeout: float | None = None) -> Json:
        """Wait until it has ended and answer its output. `timeout` is in seconds.

        Raises RunFailed, RunCancelled, and RunTimedOut, which leaves it going on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self.refresh().phase.is_terminal:
            for _ in self.watch():
                if deadline is not None and time.monotonic() > deadline and not self.phase.is_terminal:
                    raise RunTimedOut(self.id, timeout or 0.0)
        return self.answered()

    def answered(self) -> Json:
        """The output of a run that has ended, without looking again. Raises RunFailed and RunCancelled."""
        return result_of(self._run)

    def rerun(self, *, pinned: bool = False) -> Execution:
        """Start it once more, from the beginning, with what it was given; an agent answers in a new session.

        `pinned`: by the definition that its workflow had then.
        """
        return Execution(self._connection, Resource.of(self._connection.backend.rerun(self.id, pinned=pinned)))

    def retry(self, task: str = "") -> Execution:
        """Have a run of a workflow that failed go on from the task that failed, or from one with this name or path.

        It is a new run, and what was done before is not done again. Raises Conflict for one that cannot be retried.
        """
        return Execution(self._connection, Resource.of(self._connection.backend.retry(self.id, task=task)))

    def watch(self, after: int = 0) -> Iterator[RunEvent | None]:
        """Its events, and None whenever a moment has passed without one, for callers with something else to do."""
        follower = Follower(self._connection.backend, self.id, self._connection.reconnect, after=after)
        for item in follower.events(tick_seconds=TICK_SECONDS):
            yield item if isinstance(item, RunEvent) else None
        self.refresh()


def field_of(target: Target) -> str:
    """Where the request that starts a run has it: `agent_instance`."""
    return target.noun.replace("-", "_")


def variables(env: Mapping[str, str] | None, secrets: Mapping[str, str] | None) -> dict[str, tuple[str, bool]]:
    """(text, is secret) by name."""
    return {key: (text, False) for key, text in (env or {}).items()} | {
        key: (text, True) for key, text in (secrets or {}).items()
    }


def find_kind(noun: str) -> kinds.Kind:
    """The kind of a noun. Raises NotFound."""
    kind = kinds.BY_NOUN.get(noun.lower().replace("_", "-"))
    if kind is None:
        raise NotFound(f"there is no kind {noun!r}", hint=f"Kinds: {', '.join(each.plural for each in kinds.KINDS)}")
    return kind
