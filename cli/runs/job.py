"""One `stigmer run`, from the project or a name to the end of the run."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from apps.backends.base import NotReady
from apps.backends.targets import RUNNABLE, SEARCHED, Target, find_target, split
from cli.connect import connect
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format
from cli.runs.screen import Screen
from cli.runs.start import Wish, create_run
from cli.runs.units import missing_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from apps.backends.base import Applied, Backend
    from apps.backends.config import Config
    from apps.backends.resource import Resource
    from cli.deploy import Request
    from cli.output import Console
    from cli.project.discovery import DiscoveredResource

# How the server says that what runs workflows is not there.
ENGINE_UNAVAILABLE = "stigmer.execution.engine_unavailable"
# Without any progress of the units that run workflows.
ENGINE_SECONDS = 60.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Job:
    """What to run and how. `deployment` says what to apply first, where `applies`."""

    name: str
    wish: Wish
    applies: bool
    deployment: Request
    follows: bool
    output: Format


def start(console: Console, job: Job) -> None:
    """Deploy where asked to, create the run, watch it."""
    if job.applies:
        run_project(console, job)
    else:
        run_deployed(console, job)


def run_project(console: Console, job: Job) -> None:
    """Deploy the project, then run the one thing it declares, or the one that was named."""
    from cli.deploy import discover, send
    from cli.project.errors import NoProjectFile

    try:
        found = discover(console, job.deployment)
    except NoProjectFile as error:
        error.hint = "Name what is deployed, `stigmer run NAME`, or point to a project, `stigmer run -C DIR`"
        raise
    chosen = choose(found.discovery.resources, job.name)
    job = with_message(console, job, is_agent=chosen.kind == "Agent", name=chosen.slug)
    with connect(console, found.config) as backend:
        results = send(console, backend, found, job.deployment).results
        print_deployed(console, results)
        done = next(each for each in results if (each.kind, each.slug) == (chosen.kind, chosen.slug))
        target = Target(done.kind, done.id, done.slug)
        create_and_watch(console, found.config, backend, job, target, found.organization)


def choose(found: Sequence[DiscoveredResource], name: str) -> DiscoveredResource:
    """The one resource that can be run, or the one called `name`. Raises a CliError that names the choices."""
    from apps.backends.resource import slug_of

    kind, wanted = split(name)
    kinds = (kind,) if kind else SEARCHED[0]
    fitting = [
        each
        for each in found
        if each.kind in kinds and (not wanted or slug_of(wanted) in (each.slug, slug_of(each.name)))
    ]
    if len(fitting) == 1:
        return fitting[0]
    choices = [each for each in fitting or found if each.kind in RUNNABLE]
    forms = [form(each, choices) for each in choices]
    if not choices:
        raise CliError(
            "the project declares nothing that can be run",
            hint="Declare an agent or a workflow",
            reason="stigmer.cli.nothing_to_run",
        )
    if wanted and not fitting:
        raise CliError(f"the project declares no {wanted!r}: not found", hint=" or ".join(forms), exit=Exit.NOT_FOUND)
    raise CliError(
        f"the project declares {len(choices)} things that can be run; name one",
        hint=" or ".join(forms),
        exit=Exit.MISUSE,
    )


def form(resource: DiscoveredResource, choices: Sequence[DiscoveredResource]) -> str:
    """The command that runs `resource`: its kind is part of it where another one has the same name."""
    alone = sum(each.slug == resource.slug for each in choices) == 1
    return f"`stigmer run --apply {resource.slug if alone else f'{resource.noun}/{resource.slug}'}`"


def print_deployed(console: Console, results: Sequence[Applied]) -> None:
    """What the deployment did, in few lines: the run is what counts here."""
    console.done("Deployment successful!")
    for each in results:
        for warning in each.warnings:
            console.warn(f"{each.kind} {each.slug}: {warning}")
        console.print(f"  {each.kind} {each.slug}: {each.action.value}")


def run_deployed(console: Console, job: Job) -> None:
    """Run what is deployed already."""
    from apps.backends.config import load, resolve_organization
    from apps.backends.local.launch import spawn_early
    from cli.connect import require_local

    config = load()
    require_local(config)
    organization = resolve_organization(config, job.deployment.org)
    spawn_early(config.local)
    with connect(console, config) as backend:
        target = find_target(backend, job.name, organization) if job.name else None
        is_agent = target is None or target.is_agent
        job = with_message(console, job, is_agent=is_agent, name=job.name)
        create_and_watch(console, config, backend, job, target, organization)


def with_message(console: Console, job: Job, *, is_agent: bool, name: str) -> Job:
    """`job` with a message where it needs one: asked for at a terminal. Raises a usage error elsewhere."""
    if not is_agent:
        for option, value in (("--session", job.wish.session_id), ("--model", job.wish.model)):
            if value:
                raise click.UsageError(f"{option} is for agents, and {name!r} is a workflow")
        return job
    if job.wish.inputs:
        raise click.UsageError("--input is for workflows; an agent gets a message: -m TEXT")
    if job.wish.message.strip():
        return job
    if not console.may_ask:
        raise CliError(
            "an agent needs a message",
            hint=f'stigmer run {name or f"--session {job.wish.session_id}"} -m "..."',
            exit=Exit.MISUSE,
        )
    return replace(job, wish=replace(job.wish, message=click.prompt("Message", err=True)))


def create_and_watch(
    console: Console, config: Config, backend: Backend, job: Job, target: Target | None, organization: str
) -> None:
    """Create the run, say so, and watch it unless told otherwise."""
    run = create_when_possible(console, config, lambda: create_run(backend, target, job.wish, organization))
    execution_id = run.message.metadata.id
    announce(console, run, target.slug if target else "", job)
    if job.follows:
        from cli.runs.watch import Watch

        Watch(console, config, backend, execution_id, job.output).run()
    elif job.output in (Format.JSON, Format.YAML):
        from cli.output import structured

        console.data(structured(run.record(), job.output))
    else:
        console.data(execution_id if job.output is Format.NAME else f"Execution ID: {execution_id}")
        console.print(f"Watch it with `stigmer executions follow {execution_id}`")


def create_when_possible(console: Console, config: Config, create: Callable[[], Resource]) -> Resource:
    """`create()`, again and again while the engine of workflows still starts, as after a cold start.

    Raises a CliError that says why it does not come; nothing is stored then.
    """
    screen = Screen(console)
    deadline = time.monotonic() + ENGINE_SECONDS
    shown = ""
    while True:
        try:
            return create()
        except NotReady as error:
            if error.reason != ENGINE_UNAVAILABLE or time.monotonic() > deadline:
                raise
            missing = missing_unit(config, "WorkflowExecution")
            if not missing.is_coming:
                raise CliError(
                    f"workflows cannot run now: {missing.sentence}", hint=missing.hint, reason=error.reason
                ) from error
        finally:
            screen.still()
        text = f"Waiting for {missing.sentence}"
        if text != shown:
            shown, deadline = text, time.monotonic() + ENGINE_SECONDS
            if not screen.live:
                console.print(f"{text} ...")
        screen.moving(text)
        time.sleep(LOOK_SECONDS)


def announce(console: Console, run: Resource, name: str, job: Job) -> None:
    """`Agent execution started`, and the ids that go with it."""
    noun = "Agent" if run.kind.name == "AgentExecution" else "Workflow"
    console.done(f"{noun} execution started{f': {name}' if name else ''}")
    if job.follows or job.output is not Format.TABLE:
        console.print(f"  Execution ID: {run.message.metadata.id}")
    if noun == "Agent":
        console.print(f"  Session ID:   {run.message.spec.session_id}")
    if job.follows:
        console.print()
