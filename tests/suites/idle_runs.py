"""The server with nobody to work on runs, so that tests do it: `python -m tests.suites.idle_runs grpcrunserver`."""

from __future__ import annotations

from apps.resources.executions import actions
from apps.resources.executions.kind import ExecutionKind, Launcher
from apps.resources.executions.model import Execution
from tests.suites.api_unit import ApiUnit


class IdleLauncher:
    """Takes every run and does nothing with it."""

    def prepare(self, execution: Execution) -> None:
        pass

    def launch(self, execution_id: str) -> None:
        pass

    def cancel(self, execution_id: str) -> None:
        pass


class IdleUnit(ApiUnit):
    module = "tests.suites.serve_idle_runs"


def use_idle_launchers() -> None:
    """Whatever the site wires up, runs wait for the test."""
    launcher = IdleLauncher()

    def idle(kind: ExecutionKind) -> Launcher:
        del kind
        return launcher

    actions.launcher_of = idle
