"""Imports every table, so that Django finds it; no logic."""

from apps.resources.base import Revision, StoredReference
from apps.resources.executions.model import ExecutionEvent, RunSignal, RunText, RunUsage, StepRecord
from apps.resources.journal import ResourceChange
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.agent_instance.model import AgentInstance
from apps.resources.kinds.api_key.model import ApiKey
from apps.resources.kinds.environment.model import Environment
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.kinds.identity_account.model import IdentityAccount
from apps.resources.kinds.mcp_server.model import McpServer
from apps.resources.kinds.organization.model import Organization
from apps.resources.kinds.session.model import Session
from apps.resources.kinds.skill.model import Skill, SkillArtifact, SkillUpload, SkillVersion
from apps.resources.kinds.workflow.model import Workflow
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.kinds.workflow_instance.model import WorkflowInstance
from apps.resources.notice_book import NoticeBook
from apps.resources.project import InventoryEntry, Project
from apps.resources.saved_view import SavedView
from apps.resources.term import ResourceTerm

__all__ = [
    "Agent",
    "AgentExecution",
    "AgentInstance",
    "ApiKey",
    "Environment",
    "ExecutionContext",
    "ExecutionEvent",
    "IamPolicy",
    "IdentityAccount",
    "InventoryEntry",
    "McpServer",
    "NoticeBook",
    "Organization",
    "Project",
    "ResourceChange",
    "ResourceTerm",
    "Revision",
    "RunSignal",
    "RunText",
    "RunUsage",
    "SavedView",
    "Session",
    "Skill",
    "SkillArtifact",
    "SkillUpload",
    "SkillVersion",
    "StepRecord",
    "StoredReference",
    "Workflow",
    "WorkflowExecution",
    "WorkflowInstance",
]
