"""Imports every table, so that Django finds it; no logic."""

from apps.resources.base import Revision
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.agent_instance.model import AgentInstance
from apps.resources.kinds.organization.model import Organization
from apps.resources.kinds.workflow.model import Workflow
from apps.resources.kinds.workflow_instance.model import WorkflowInstance

__all__ = ["Agent", "AgentInstance", "Organization", "Revision", "Workflow", "WorkflowInstance"]
