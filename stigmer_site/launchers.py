"""Who starts the runs that the API is asked for: the only place that knows both sides."""

from __future__ import annotations

from functools import partial

from django.conf import settings

from apps.agents.launcher import AgentLauncher
from apps.resources.kinds.agent_execution.kind import AgentExecutionKind
from apps.resources.kinds.workflow.kind import WorkflowKind
from apps.resources.kinds.workflow_execution.kind import WorkflowExecutionKind
from apps.workflows.expressions import JqProcess
from apps.workflows.inspection import inspect_definition
from apps.workflows.launcher import WorkflowLauncher


def install() -> None:
    """For the api unit, and for the worker, whose workflows start runs of agents."""
    AgentExecutionKind.launcher = AgentLauncher(settings.QUEUE_FILE, settings.RUN_DIR)
    evaluator = JqProcess()
    WorkflowExecutionKind.launcher = WorkflowLauncher(settings.TEMPORAL_ADDRESS, settings.RUN_DIR, evaluator)
    WorkflowKind.inspect = partial(inspect_definition, evaluator=evaluator)
