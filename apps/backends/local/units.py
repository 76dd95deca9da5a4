"""The table of units: what the daemon runs. One entry per process of the server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from apps.backends.local.supervisor.unit import UnitSpec

if TYPE_CHECKING:
    from apps.backends.local.settings import LocalSettings


def server_units(settings: LocalSettings) -> tuple[UnitSpec, ...]:
    return (
        UnitSpec(
            name="api",
            command=python_module("stigmer_site", "grpcrunserver"),
            address=settings.endpoint,
            essential=True,
            setting="backend.local.endpoint",
        ),
        UnitSpec(
            name="web",
            command=python_module("stigmer_site", "webserver"),
            address=settings.web,
            after=("api",),  # until then both cores belong to the one that everybody waits for
            setting="backend.local.web",
        ),
    )


def python_module(name: str, *arguments: str) -> tuple[str, ...]:
    """A command that runs a module of ours: `-P` keeps the working directory off the path."""
    return (sys.executable, "-P", "-m", name, *arguments)
