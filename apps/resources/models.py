"""Imports every table, so that Django finds it; no logic."""

from apps.resources.base import Revision
from apps.resources.executions.model import ExecutionEvent, StepRecord
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.agent_instance.model import AgentInstance
from apps.resources.kinds.environment.model import Environment
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.mcp_server.model import McpServer
from apps.resources.kinds.organization.model import Organization
from apps.resources.kinds.session.model import Session
from apps.resources.kinds.workflow.model import Workflow
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.kinds.workflow_instance.model import WorkflowInstance

__all__ = [
    "Agent",
    "AgentExecution",
    "AgentInstance",
    "Environment",
    "ExecutionContext",
    "ExecutionEvent",
    "McpServer",
    "Organization",
    "Revision",
    "Session",
    "StepRecord",
    "Workflow",
    "WorkflowExecution",
    "WorkflowInstance",
]
