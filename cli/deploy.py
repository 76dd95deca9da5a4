"""One deployment, from the project to the table of results.

Speed: the entry point runs in a child process, and grpc and the generated modules are imported
meanwhile; a daemon that is needed boots beside both. Nothing is sent before the project is known to be good.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import click

from apps.backends.fast_imports import load_grpc, load_protobuf
from cli.connect import connect, local_config
from cli.errors import CliError
from cli.exits import Exit
from cli.output import print_line
from cli.report import Report, print_difference, print_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.projects import Ownership, ProjectApplied
    from cli.output import Console, Format
    from cli.project.discovery import Discovery
    from cli.project.project_file import Project

OWNED_ELSEWHERE = "stigmer.project.owned_elsewhere"


@dataclass(frozen=True)
class Request:
    """What to deploy and how. `config` is a Stigmer.yaml or its directory; `files` take its place.

    `directory` is where the command has gone to before anything else, "" where it stayed.
    """

    directory: str
    config: Path | None
    files: tuple[str, ...]
    project: str
    prune: bool
    take_over: bool
    yes: bool
    org: str
    time_limit_seconds: float
    dry_run: bool
    message: str
    output: Format
    is_overtaken: Callable[[], bool] | None = None
    """Asked while the project's program runs: whether it is to be ended, for a newer one."""

    @property
    def command(self) -> str:
        """What to type to deploy the same."""
        import shlex

        named = (("-C", self.directory), ("--config", str(self.config or "")), ("--project", self.project))
        words = [word for option in (*named, *(("-f", file) for file in self.files)) if option[1] for word in option]
        flags = [flag for flag, is_set in (("--prune", self.prune), ("--take-over", self.take_over)) if is_set]
        return shlex.join(["stigmer", "apply", *words, *flags])


class Found(NamedTuple):
    """What there is to deploy, by which configuration, to which organization, and as which project ("": as none).

    `root` is where the project is, "" where its directory has no part in this; `python` is its own.
    `notifies`: as its Stigmer.yaml says; None where that was not read.
    """

    config: Config
    discovery: Discovery
    organization: str
    project: str
    root: str = ""
    python: str = ""
    notifies: bool | None = None


def run(console: Console, request: Request) -> bool:
    """Discover, connect, apply, and tell what became of each resource; whether anything changes."""
    report = carry_out(console, request)
    print_results(console, report, request.output)
    return report.has_changes


def difference(console: Console, request: Request) -> bool:
    """As a dry run, told as the difference between what is declared and what is deployed; whether there is one."""
    report = carry_out(console, request)
    print_difference(console, report, request.output)
    return report.has_changes or bool(report.done.no_longer_declared)


def carry_out(console: Console, request: Request) -> Report:
    """Discover, connect and apply."""
    found = discover(console, request)
    with connect(console, found.config) as backend:
        done = send(console, backend, found, request)
    for result in done.results:
        for warning in result.warnings:
            console.warn(f"{result.kind} {result.slug}: {warning}")
    return Report(
        found.organization,
        found.project,
        found.discovery.resources,
        done,
        dry_run=request.dry_run,
        command=request.command,
    )


def ownership_of(request: Request, found: Found) -> Ownership:
    """As what to apply. Only a whole project knows what it no longer declares; files are one where it is said so."""
    from apps.backends.projects import Ownership

    is_whole = not request.files or (bool(request.project) and request.prune)
    return Ownership(
        found.project,
        found.organization,
        whole=is_whole,
        prune=request.prune,
        take_over=request.take_over,
        root=found.root,
        python=found.python,
        notifies=found.notifies,
    )


def discover(console: Console, request: Request) -> Found:
    """What there is to deploy. A daemon that is needed boots meanwhile."""
    found = discover_files(console, request) if request.files else discover_project(console, request)
    for warning in found.discovery.warnings:
        console.warn(warning)
    counts = ", ".join(f"{count} {noun}(s)" for noun, count in found.discovery.counts().items())
    console.done(f"Manifest loaded: {len(found.discovery.resources)} resource(s) discovered ({counts})")
    console.print(f"Using {found.config.backend_type} backend (organization: {found.organization})")
    return found


def organization_of(config: Config, flag: str) -> str:
    """The organization that everything is deployed to."""
    from apps.backends.config import resolve_organization

    return resolve_organization(config, flag)


def discover_files(console: Console, request: Request) -> Found:
    """The resources of YAML files; they are the project's whose Stigmer.yaml is here, unless another one is named."""
    from pathlib import Path

    from cli.project.project_file import find_project_file, project_name
    from cli.project.yaml_files import load_files

    config = local_config()
    organization = organization_of(config, request.org)
    console.print(f"Loading {', '.join('standard input' if name == '-' else name for name in request.files)}")
    here = project_name(Path.cwd()) if not request.project else ""
    project = request.project or here
    if project:
        console.print(f"  Project:  {project}")
    if request.take_over and not project:
        raise CliError(
            "--take-over needs a project to take over into, and there is no Stigmer.yaml here",
            hint=f"{request.command} --project NAME",
            exit=Exit.MISUSE,
        )
    boot(config)
    resources = load_files(request.files, org=organization, stdin=sys.stdin.buffer)
    root = find_project_file(Path.cwd()).parent if here else None
    return Found(config, resources, organization, project, *(place_of(root) if root else ()))


def discover_project(console: Console, request: Request) -> Found:
    """The resources that a project's entry point makes."""
    from pathlib import Path

    from cli.project.project_file import load_project

    console.print("Loading project configuration")
    project = load_project(Path.cwd(), config=request.config)
    config = project_config(project)
    organization = organization_of(config, request.org)
    announce(console, project)
    boot(config)
    resources = run_entry_point(project, request.time_limit_seconds, organization, request.is_overtaken)
    return Found(config, resources, organization, project.name, *place_of(project.directory), project.notifies)


def place_of(directory: Path) -> tuple[str, str]:
    """Where a project is, and the Python that its tool servers mean; "" for the one on PATH.

    Links are kept: what somebody calls their project's directory need not be where it is today.
    """
    import os

    from cli.project.errors import BrokenVenv
    from cli.project.interpreter import find_interpreter

    try:
        python = str(find_interpreter(directory, os.environ).path)
    except BrokenVenv:
        python = ""  # of Go or YAML alone, which do without
    return str(directory), python


def project_config(project: Project) -> Config:
    """The configuration, with what Stigmer.yaml adds to it."""
    added = {"backend.cloud.org_id": project.organization} if project.organization else {}
    return local_config(project=added, project_file=str(project.file))


def boot(config: Config) -> None:
    """Have a daemon start where there is none, and do not wait: what is left to do here takes as long."""
    from apps.backends.local.launch import spawn_early

    spawn_early(config.local)


def announce(console: Console, project: Project) -> None:
    """The facts of a project."""
    console.done(f"Loaded {project.file.name}")
    console.print(f"  Project:  {project.name}")
    console.print(f"  Runtime:  {project.runtime}")
    console.print(f"  Main:     {project.main}")
    console.print("Executing entry point to discover resources")


def run_entry_point(
    project: Project, time_limit_seconds: float, organization: str, is_overtaken: Callable[[], bool] | None
) -> Discovery:
    """Run the entry point and read what it wrote; its own output goes to stderr."""
    from cli.project.entry_point import start_entry_point

    with start_entry_point(project, print_line, time_limit_seconds=time_limit_seconds) as child:
        # The child needs a while: what is needed later is imported now.
        load_grpc()
        load_protobuf()
        from apps.backends import grpc_backend
        from cli.project.manifests import preload, read_manifests
        from cli.project.scripts import locate_scripts

        preload()
        grpc_backend.preload()
        found = read_manifests(child.wait(is_overtaken), org=organization)
    warnings = locate_scripts(found.resources, lambda _: project.directory)
    return replace(found, warnings=(*found.warnings, *warnings))


def send(console: Console, backend: GrpcBackend, found: Found, request: Request) -> ProjectApplied:
    """Apply what was found in one call; before something is pruned, say what, and ask."""
    from apps.backends.base import Action, Conflict, Invalid
    from apps.backends.grpc_projects import GrpcProjects
    from cli.project.skills import upload_skills
    from cli.refusal import in_your_words

    console.done(f"Connected to {backend.endpoint}")
    projects, ownership = GrpcProjects(backend), ownership_of(request, found)
    resources = found.discovery.resources
    upload_skills(console, backend, resources)
    envelopes = [resource.envelope() for resource in resources]
    try:
        if ownership.prune and not (request.dry_run or request.yes):
            plan = projects.apply(envelopes, replace(ownership, prune=False), dry_run=True, message="")
            ownership = replace(ownership, plan=agreed(console, plan, request))
        done = projects.apply(envelopes, ownership, dry_run=request.dry_run, message=request.message)
    except Invalid as error:
        raise in_your_words(error, resources) from error
    except Conflict as error:
        if error.reason == OWNED_ELSEWHERE:
            error.hint = f"Move it to project {ownership.project!r} with `{request.command} --take-over`"
        raise
    # Told of what was done, not of what may be refused: all of them or none.
    if done.moved_from:
        console.print(f"Tool servers of {found.project} start in {found.root} from now on, not in {done.moved_from}")
    if not request.dry_run:
        for number, (resource, result) in enumerate(zip(resources, done.results, strict=True), start=1):
            if result.action is not Action.UNCHANGED:
                console.print(f"Deploying {resource.noun} {number}/{len(resources)}: {resource.name}")
    return done


def agreed(console: Console, plan: ProjectApplied, request: Request) -> str:
    """The plan of what to prune, once somebody has agreed to it. Raises where nothing may be asked."""
    from cli.projects import leaving_table, resources_in_words

    leaving = plan.no_longer_declared
    if not leaving:
        return plan.plan
    what = resources_in_words(leaving)
    if not console.may_ask:
        raise CliError(
            f"{what} would be pruned: that needs a yes, and nothing may be asked here",
            hint=f"{request.command} --yes",
            details=leaving_table(leaving).splitlines(),
            exit=Exit.MISUSE,
        )
    console.print("No longer declared:")
    console.print(leaving_table(leaving, stream=sys.stderr))
    if console.ask(f"Delete {what} with what belongs to them? Type y to delete:").lower() != "y":
        console.print("Nothing was changed.")
        raise click.exceptions.Exit(Exit.CANCELLED)
    return plan.plan
