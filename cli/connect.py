"""From the configuration to a backend that answers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from apps.backends.fast_imports import load_grpc, load_protobuf
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.local.running import RunningDaemon
    from cli.output import Console


def require_local(config: Config) -> None:
    """Raise when the configuration names a backend that this version does not have."""
    if not config.is_local:
        from apps.backends.config import child_environment

        raise CliError(
            f"this version of stigmer has no {config.backend_type} backend",
            hint=config.get("backend.type").key.command("local", child_environment()),
            exit=Exit.MISUSE,
        )


def local_config(*, project: Mapping[str, str] | None = None, project_file: str = "Stigmer.yaml") -> Config:
    """The configuration, which must name the local backend. `project` is what Stigmer.yaml adds, by dotted key."""
    from apps.backends.config import load

    config = load(project=project, project_file=project_file)
    require_local(config)
    return config


@contextmanager
def connect(console: Console, config: Config) -> Iterator[GrpcBackend]:
    """The backend of `config`; a daemon that is not there is started first, with live progress."""
    require_local(config)
    running = ensure_daemon(console, config)
    # While a daemon starts there is time for this; where one runs it has mostly been imported already.
    load_grpc()
    load_protobuf()
    from apps.backends.grpc_backend import GrpcBackend

    backend = GrpcBackend(running.endpoint, running.token)
    try:
        yield backend
    finally:
        backend.close()


def ensure_daemon(console: Console, config: Config) -> RunningDaemon:
    """A daemon that serves, started where there was none."""
    from apps.backends.local.launch import ensure_running, find_running

    running = find_running(config.local)
    if running is not None:
        return running
    from cli.handshake import handshake
    from cli.model_line import ModelLine
    from cli.progress import StartProgress

    with StartProgress(console, model=ModelLine(config)) as progress:
        return ensure_running(config.local, progress, before_replacing=handshake(console))
