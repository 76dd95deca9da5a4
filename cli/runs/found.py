"""`stigmer executions list`: which runs, and how they are shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from apps.backends.resource import Resource
from apps.backends.run_lists import RunQuery
from apps.backends.runs import Phase
from apps.shared.durations import duration
from apps.shared.failure_groups import cause
from cli.output import Format, ago, structured, table
from cli.runs.words import PHASE_COLOURS, in_words, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.base import Backend
    from apps.backends.config import Config
    from apps.backends.run_lists import RunEntry
    from cli.output import Console
    from cli.runs.listing import Filter

MOST_AT_ONCE = 100
SHOWN = 40
FURTHER = ("TOKENS", "COST", "LABELS")
# Of an agent's instance, a run knows no more than the session.
HAVE_RUNS = {"agent": ("Agent",), "workflow": ("Workflow", "WorkflowInstance")}


def query_of(config: Config, backend: Backend, **options: Any) -> RunQuery:
    """What the options mean. Raises a CliError for a name that nothing has."""
    from apps.backends.config import resolve_organization

    org = resolve_organization(config, options["org"])
    target = filter_of(backend, None, options["agent"], options["workflow"], org).target
    return RunQuery(
        org=org,
        agent=target.id if target is not None and options["agent"] else "",
        workflow=target.id if target is not None and options["workflow"] else "",
        project=options["project"],
        phase=Phase(options["phase"]) if options["phase"] else None,
        since=options["since"],
        until=options["until"],
        text=options["text"],
        error=options["error"],
        input=dict(map(pair, options["inputs"])),
        labels=dict(map(label, options["labels"])),
        sort=options["sort"],
        with_cost=options["with_cost"],
    )


def filter_of(backend: Backend, phase: str | None, agent: str, workflow: str, org: str) -> Filter:
    """What the options of the command in hand mean. Raises a CliError for a name that nothing has."""
    from apps.backends.targets import find_target
    from cli.runs.listing import Filter

    wanted = Filter(phase=Phase(phase) if phase else None)
    for noun, name, kind in (("agent", agent, "AgentExecution"), ("workflow", workflow, "WorkflowExecution")):
        if name:
            written = name if is_id(name) else f"{noun}/{name}"
            target = find_target(backend, written, org, command=f"{click.get_current_context().command_path} --{noun}")
            if target.kind not in HAVE_RUNS[noun]:
                raise click.UsageError(f"--{noun}: {name} is the id of something else")
            return wanted._replace(kinds=(kind,), target=target)
    return wanted


def is_id(name: str) -> bool:
    """Whether `name` has the form of an id of what can be run."""
    from apps.backends.resource import is_id_of
    from apps.backends.targets import RUNNABLE

    return any(is_id_of(kind, name) for kind in RUNNABLE)


def pair(written: str) -> tuple[str, str]:
    """Name and value of `K=V` or `K:=JSON`, which mean the same here."""
    name, equals, value = written.partition("=")
    if not (name.removesuffix(":") and equals):
        raise click.UsageError(f"--input: {written!r} is not NAME=VALUE")
    return name.removesuffix(":"), value


def label(written: str) -> tuple[str, str]:
    """Name and value of `NAME=VALUE`."""
    name, equals, value = written.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--label: {written!r} is not NAME=VALUE")
    return name, value


def find(backend: Backend, query: RunQuery, limit: int) -> tuple[list[RunEntry], bool]:
    """The first runs that fit, at most `limit` of them, and whether there are more."""
    found: list[RunEntry] = []
    token = ""
    while True:
        page = backend.find_runs(query, page_size=min(MOST_AT_ONCE, limit - len(found)), page_token=token)
        found += page.runs
        token = page.next_token
        if not token or len(found) >= limit:
            return found, bool(token)


def show(console: Console, backend: Backend, runs: Sequence[RunEntry], output: Format, *, groups: bool) -> None:
    """The runs in the format asked for, or their errors, counted."""
    if groups:
        show_groups(console, runs, output)
    elif output in (Format.TABLE, Format.WIDE):
        is_wide = output is Format.WIDE
        console.data(as_table(runs, is_wide=is_wide)) if runs else console.print("No executions found.")
    elif output is not Format.NAME:
        whole = [Resource.of(backend.get(run.kind, resource_id=run.id)).record() for run in runs]
        console.data(structured(whole, output))
    elif runs:
        console.data("\n".join(run.id for run in runs))


def as_table(runs: Sequence[RunEntry], *, is_wide: bool) -> str:
    """One line for each run."""
    headers = ("ID", "TYPE", "NAME", "PHASE", "CREATED", "TOOK", "INPUT", "ERROR")
    now = time.time()
    if not is_wide:
        return table(headers, [row(run, now) for run in runs], colours=PHASE_COLOURS)
    return table((*headers, *FURTHER), [(*row(run, now), *further(run)) for run in runs], colours=PHASE_COLOURS)


def further(run: RunEntry) -> tuple[str, ...]:
    """The cells that only a wide list has."""
    from cli.runs.money import dollars

    labels = ",".join(f"{name}={value}" if value else name for name, value in sorted(run.labels.items()))
    return (f"{run.tokens:,}" if run.tokens else "-", dollars(run.cost), labels or "-")


def row(run: RunEntry, now: float) -> tuple[str, ...]:
    """The cells of one run."""
    return (
        run.id,
        "agent" if run.kind == "AgentExecution" else "workflow",
        run.name,
        run.waiting or in_words(run.phase.value),
        f"{ago(now - run.created_at)} ago",
        duration((run.completed_at or now) - run.started_at) if run.started_at else "-",
        shortened(run.input, SHOWN) or "-",
        shortened(run.error, SHOWN) or "-",
    )


def show_groups(console: Console, runs: Sequence[RunEntry], output: Format) -> None:
    """How many of these runs failed with what, the most frequent first."""
    found: dict[str, list[RunEntry]] = {}
    for run in runs:
        if run.error:
            found.setdefault(cause(run.error), []).append(run)
    groups = sorted(found.values(), key=len, reverse=True)
    if output in (Format.JSON, Format.YAML):
        console.data(structured([group_record(each) for each in groups], output))
    elif output is Format.NAME:
        console.data("\n".join(each[0].id for each in groups))
    elif groups:
        rows = [(str(len(each)), each[0].id, each[0].error) for each in groups]
        console.data(table(("COUNT", "LAST", "ERROR"), rows))
    else:
        console.print("None of these executions failed.")


def group_record(runs: Sequence[RunEntry]) -> dict[str, Any]:  # plain data
    """Runs that failed alike, for a program."""
    return {"count": len(runs), "error": runs[0].error, "executions": [run.id for run in runs]}
