"""Who starts the runs that a process is asked for: the only place that knows both sides.

Engines are imported at the first run or workflow that needs them, so that the API is up sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Generic

from django.conf import settings

from apps.agents.tool_sets import AgentToolSets
from apps.resources import ports
from apps.resources.executions.kind import RunRow
from apps.resources.json_value import Json
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.ports import Inspection, Launcher, machine
from apps.resources.registry import AGENT_EXECUTION, WORKFLOW_EXECUTION
from stigmer_site.machine import run_queue
from stigmer_site.run_starter import start_by_api
from stigmer_site.temporal_place import TemporalPlace

if TYPE_CHECKING:
    from apps.workflows.expressions import Evaluator


class LateLauncher(Generic[RunRow]):
    """A launcher that is made when it is first asked for anything."""

    def __init__(self, make: Callable[[], Launcher[RunRow]]) -> None:
        self._made = cache(make)

    def prepare(self, execution: RunRow, asked: dict[str, Json]) -> None:
        self._made().prepare(execution, asked)

    def launch(self, execution_id: str) -> None:
        self._made().launch(execution_id)

    def cancel(self, execution_id: str) -> None:
        self._made().cancel(execution_id)


def install() -> None:
    """For the api unit, for the web unit, and for the worker, whose workflows start runs of agents."""
    launchers: dict[str, Launcher[Any]] = {  # Any: as in Machine
        AGENT_EXECUTION.name: LateLauncher(_agents),
        WORKFLOW_EXECUTION.name: LateLauncher(_workflows),
    }
    ports.install(
        replace(machine(), launchers=launchers, inspect=_inspect, tool_sets=AgentToolSets(), start_run=start_by_api)
    )


def _agents() -> Launcher:
    from apps.agents.launcher import AgentLauncher

    return AgentLauncher(run_queue(), machine().bell)


def _workflows() -> Launcher[WorkflowExecution]:
    from apps.workflows.launcher import WorkflowLauncher

    temporal = TemporalPlace(settings.STATE_FILE, settings.TEMPORAL_ADDRESS)
    return WorkflowLauncher(temporal.find, machine().bell, _evaluator(), settings.VERSION)


def _inspect(spec: dict[str, Json]) -> Inspection:
    from apps.workflows.inspection import inspect_definition

    return inspect_definition(spec, _evaluator())


@cache
def _evaluator() -> Evaluator:
    """One jq process for the whole unit; it starts at its first use."""
    from apps.workflows.expressions import JqProcess

    return JqProcess()
