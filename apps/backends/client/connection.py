"""From what a program says, or the configuration, to a backend that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.closed import Closed
from apps.backends.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.way import Way


class NoSuchBackend(BackendError):
    """The configuration names a backend that this version does not have."""

    reason = "stigmer.client.no_such_backend"


class Connection:
    """A backend, the organization to work in, and how to come back to it when the server went away.

    `look` answers None while there is nobody to connect to; it starts no daemon.
    """

    def __init__(self, backend: GrpcBackend, org: str, look: Callable[[], GrpcBackend | None]) -> None:
        self.backend, self.org, self._look = backend, org, look
        self._others: list[GrpcBackend] = []
        self._is_closed = False

    def reconnect(self) -> GrpcBackend | None:
        """Another backend, or None while there is nobody. Raises Closed once this was closed."""
        backend = None if self._is_closed else self._look()
        if backend is not None:
            self._others.append(backend)
        if self._is_closed:
            self.close()
            raise Closed
        return backend

    def close(self) -> None:
        """Close it and whatever was connected anew: who reads of one of them gets Closed."""
        self._is_closed = True
        for backend in (self.backend, *self._others):
            backend.close()


def connect(endpoint: str, token: str, *, start: bool, tls: bool | None, ca_file: str) -> Connection:
    """To `endpoint` (`host:port`), or to the daemon of the configuration, which `start` has started if need be.

    Raises a BackendError: for a configuration that cannot be used, for a daemon that does not come up, and
    Unreachable where there is none and `start` is off.
    """
    from apps.backends.config import LOCAL_ORGANIZATION
    from apps.processes.addresses import can_connect, parse_address

    if not endpoint:
        return connect_to_daemon(start=start)
    from apps.backends.way import way_to

    way = way_to(endpoint, is_tls=tls, ca_file=ca_file)

    def look() -> GrpcBackend | None:
        return backend_at(endpoint, token, way) if can_connect(parse_address(endpoint)) else None

    return Connection(backend_at(endpoint, token, way), LOCAL_ORGANIZATION, look)


def connect_to_daemon(*, start: bool) -> Connection:
    """To the daemon of the configuration."""
    from apps.backends.config import child_environment, load, resolve_organization
    from apps.backends.follower import reconnector
    from apps.backends.grpc_errors import unreachable
    from apps.backends.local.launch import ensure_running

    config = load()
    if not config.is_local:
        raise NoSuchBackend(
            f"this version of stigmer has no {config.backend_type} backend",
            hint=config.get("backend.type").key.command("local", child_environment()),
        )

    look = reconnector(config)
    backend = look()
    if backend is None and not start:
        raise unreachable(config.local.endpoint)
    if backend is None:
        running = ensure_running(config.local)
        backend = backend_at(running.endpoint, running.token)
    return Connection(backend, resolve_organization(config, ""), look)


def backend_at(endpoint: str, token: str, way: Way | None = None) -> GrpcBackend:
    """Nothing is sent yet. Imports grpc as a program of somebody else's must: whole."""
    from apps.backends.grpc_backend import GrpcBackend

    return GrpcBackend(endpoint, token, way)
