"""Every service that the site wires up, without a server."""

from __future__ import annotations

from apps.resources.api.adapter import Service, Wiring
from stigmer_site.handlers import grpc_handlers


def wired_services() -> list[type[Service]]:
    wiring = _Recording()
    grpc_handlers(wiring)
    return wiring.added


class _Recording(Wiring):
    def __init__(self) -> None:
        self.added: list[type[Service]] = []

    def add(self, service: type[Service], **attributes: object) -> None:
        assert all(attributes)
        self.added.append(service)
