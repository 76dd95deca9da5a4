"""Who starts the runs that the API is asked for: the only place that knows both sides.

Engines are imported at the first run or workflow that needs them, so that the API is up sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from apps.resources.executions.kind import Launcher
from apps.resources.executions.model import Execution
from apps.resources.json_value import Json
from apps.resources.kinds.agent_execution.kind import AgentExecutionKind
from apps.resources.kinds.workflow.kind import Inspection, WorkflowKind
from apps.resources.kinds.workflow_execution.kind import WorkflowExecutionKind

if TYPE_CHECKING:
    from apps.workflows.expressions import Evaluator


class LateLauncher:
    """A launcher that is made when it is first asked for anything."""

    def __init__(self, make: Callable[[], Launcher]) -> None:
        self._made = cache(make)

    def prepare(self, execution: Execution) -> None:
        self._made().prepare(execution)

    def launch(self, execution_id: str) -> None:
        self._made().launch(execution_id)

    def cancel(self, execution_id: str) -> None:
        self._made().cancel(execution_id)


def install() -> None:
    """For the api unit, and for the worker, whose workflows start runs of agents."""
    AgentExecutionKind.launcher = LateLauncher(_agents)
    WorkflowExecutionKind.launcher = LateLauncher(_workflows)
    install_inspection()


def install_inspection() -> None:
    """For whoever writes workflows: of the web unit, too, whose forms are judged as an apply is."""
    WorkflowKind.inspect = _inspect


def _agents() -> Launcher:
    from apps.agents.launcher import AgentLauncher

    return AgentLauncher(settings.QUEUE_FILE, settings.RUN_DIR)


def _workflows() -> Launcher:
    from apps.workflows.launcher import WorkflowLauncher

    return WorkflowLauncher(settings.TEMPORAL_ADDRESS, settings.RUN_DIR, _evaluator(), settings.VERSION)


def _inspect(spec: dict[str, Json]) -> Inspection:
    from apps.workflows.inspection import inspect_definition

    return inspect_definition(spec, _evaluator())


@cache
def _evaluator() -> Evaluator:
    """One jq process for the whole unit; it starts at its first use."""
    from apps.workflows.expressions import JqProcess

    return JqProcess()
