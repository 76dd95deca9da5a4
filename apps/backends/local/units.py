"""The table of units: what the daemon runs. One entry per process of the server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from apps.backends.local.supervisor.unit import UnitSpec

if TYPE_CHECKING:
    from apps.backends.local_settings import LocalSettings

_FOR_EVER: Final = float("inf")
# Loading three programs at once would take the processors from the very command that has just been let in.
_BEHIND_SECONDS: Final = 0.25


def server_units(settings: LocalSettings, only: str = "") -> tuple[UnitSpec, ...]:
    """The units of this server. `only` (the variable STIGMER_UNITS) leaves out those that it does not name, for
    machines and tests that need no more: "api,web". Nothing works without the essential ones: they stay.
    """
    names = {name.strip() for name in only.split(",")} - {""}
    return tuple(spec for spec in _all_units(settings) if spec.essential or not names or spec.name in names)


def _all_units(settings: LocalSettings) -> tuple[UnitSpec, ...]:
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
            uses=("api",),
            setting="backend.local.web",
        ),
        UnitSpec(
            name="runner",
            command=python_module("stigmer_site", "agentrunner"),
            after=("api",),
            delay_seconds=_BEHIND_SECONDS,
            uses=("api",),
            stop_seconds=20.0,  # what has an effect outside gets 8 s to end, then 8 s to be cut off
        ),
        *((_worker(),) if settings.temporal_address else ()),
        *((_temporal(settings),) if settings.temporal else ()),
    )


def _worker() -> UnitSpec:
    return UnitSpec(
        name="worker",
        command=python_module("stigmer_site", "workflowworker"),
        after=("api",),  # not after temporal: it loads in the meantime, and waits by itself
        delay_seconds=_BEHIND_SECONDS,
        uses=("api", "temporal"),
        start_seconds=_FOR_EVER,  # where there is no Temporal
    )


def _temporal(settings: LocalSettings) -> UnitSpec:
    return UnitSpec(
        name="temporal",
        command=python_module("apps.backends.local.temporal.run"),
        address=settings.temporal_address,
        after=("api",),
        delay_seconds=_BEHIND_SECONDS,
        setting="backend.local.temporal.port",
    )


def python_module(name: str, *arguments: str) -> tuple[str, ...]:
    """A command that runs a module of ours: `-P` keeps the working directory off the path."""
    return (sys.executable, "-P", "-m", name, *arguments)
