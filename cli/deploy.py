"""One deployment, from the project to the table of results.

Speed: the entry point runs in a child process, and grpc and the generated modules are imported
meanwhile; a daemon that is needed boots beside both. Nothing is sent before the project is known to be good.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.backends.fast_imports import load_grpc, load_protobuf
from cli.connect import connect, local_config
from cli.output import print_line
from cli.report import print_results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from apps.backends.base import Applied
    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from cli.output import Console, Format
    from cli.project.discovery import DiscoveredResource, Discovery
    from cli.project.project_file import Project


@dataclass(frozen=True)
class Request:
    """What to deploy and how. `config` is a Stigmer.yaml or its directory; `files` take its place.

    `directory` is where the command has gone to before anything else, "" where it stayed.
    """

    directory: str
    config: Path | None
    files: tuple[str, ...]
    org: str
    time_limit_seconds: float
    dry_run: bool
    message: str
    output: Format

    @property
    def command(self) -> str:
        """What to type to deploy the same."""
        import shlex

        sources = (("-C", self.directory), ("--config", str(self.config or "")), *(("-f", file) for file in self.files))
        return shlex.join(("stigmer", "apply", *(word for source in sources if source[1] for word in source)))


def run(console: Console, request: Request) -> None:
    """Discover, connect, apply, and tell what became of each resource."""
    config, discovery = discover(console, request)
    found = discovery.resources
    with connect(console, config) as backend:
        results = send(console, backend, found, request)
    for result in results:
        for warning in result.warnings:
            console.warn(f"{result.kind} {result.slug}: {warning}")
    organization = organization_of(config, request.org)
    print_results(
        console,
        organization,
        found,
        results,
        output=request.output,
        dry_run=request.dry_run,
        command=request.command,
    )


def discover(console: Console, request: Request) -> tuple[Config, Discovery]:
    """What there is to deploy, and the configuration it is deployed by. A daemon that is needed boots meanwhile."""
    config, discovery = discover_files(console, request) if request.files else discover_project(console, request)
    for warning in discovery.warnings:
        console.warn(warning)
    counts = ", ".join(f"{count} {noun}(s)" for noun, count in discovery.counts().items())
    console.done(f"Manifest loaded: {len(discovery.resources)} resource(s) discovered ({counts})")
    organization = organization_of(config, request.org)
    console.print(f"Using {config.backend_type} backend (organization: {organization})")
    return config, discovery


def organization_of(config: Config, flag: str) -> str:
    """The organization that everything is deployed to."""
    from apps.backends.config import resolve_organization

    return resolve_organization(config, flag)


def discover_files(console: Console, request: Request) -> tuple[Config, Discovery]:
    """The resources of YAML files."""
    from cli.project.yaml_files import load_files

    config = local_config()
    organization = organization_of(config, request.org)
    console.print(f"Loading {', '.join('standard input' if name == '-' else name for name in request.files)}")
    boot(config)
    return config, load_files(request.files, org=organization, stdin=sys.stdin.buffer)


def discover_project(console: Console, request: Request) -> tuple[Config, Discovery]:
    """The resources that a project's entry point makes."""
    from pathlib import Path

    from cli.project.project_file import load_project

    console.print("Loading project configuration")
    project = load_project(Path.cwd(), config=request.config)
    config = project_config(project)
    organization = organization_of(config, request.org)
    announce(console, project)
    boot(config)
    return config, run_entry_point(project, request.time_limit_seconds, organization)


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


def run_entry_point(project: Project, time_limit_seconds: float, organization: str) -> Discovery:
    """Run the entry point and read what it wrote; its own output goes to stderr."""
    from cli.project.entry_point import start_entry_point

    with start_entry_point(project, print_line, time_limit_seconds=time_limit_seconds) as child:
        # The child needs a while: what is needed later is imported now.
        load_grpc()
        load_protobuf()
        from apps.backends import grpc_backend
        from cli.project.manifests import preload, read_manifests

        preload()
        grpc_backend.preload()
        return read_manifests(child.wait(), org=organization)


def send(
    console: Console, backend: GrpcBackend, found: Sequence[DiscoveredResource], request: Request
) -> Sequence[Applied]:
    """Apply `found` in one call."""
    from apps.backends.base import Invalid
    from cli.refusal import in_your_words

    console.done(f"Connected to {backend.endpoint}")
    envelopes = [resource.envelope() for resource in found]
    try:
        results = backend.apply(envelopes, dry_run=request.dry_run, message=request.message)
    except Invalid as error:
        raise in_your_words(error, found) from error
    # Told of what was done, not of what may be refused: all of them or none.
    if not request.dry_run:
        for number, resource in enumerate(found, start=1):
            console.print(f"Deploying {resource.noun} {number}/{len(found)}: {resource.name}")
    return results
