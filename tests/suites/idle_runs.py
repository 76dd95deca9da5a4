"""The server with nobody to work on runs, so that tests do it: `python -m tests.suites.serve_idle_runs`."""

from __future__ import annotations

from dataclasses import replace

from apps.resources.ports import install, machine
from stigmer_site import launchers
from tests.suites.api_unit import ApiUnit
from tests.support.machines import IdleLauncher
from tests.support.machines import launchers as launchers_of_all


class IdleUnit(ApiUnit):
    module = "tests.suites.serve_idle_runs"


def use_idle_launchers() -> None:
    """Whatever the site wires up, runs wait for the test."""
    wire = launchers.install

    def wire_idle() -> None:
        wire()
        install(replace(machine(), launchers=launchers_of_all(IdleLauncher())))

    launchers.install = wire_idle
