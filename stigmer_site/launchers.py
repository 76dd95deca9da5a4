"""Who starts the runs that the API is asked for: the only place that knows both sides."""

from __future__ import annotations

from django.conf import settings

from apps.agents.launcher import AgentLauncher
from apps.resources.kinds.agent_execution.kind import AgentExecutionKind


def install() -> None:
    """For the api unit. Other processes start no runs."""
    AgentExecutionKind.launcher = AgentLauncher(settings.QUEUE_FILE, settings.RUN_DIR)
