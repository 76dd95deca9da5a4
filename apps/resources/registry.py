"""The closed table of kinds, parents before the kinds that belong to them."""

from __future__ import annotations

from apps.resources.base import Resource
from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import Kind
from apps.resources.kinds.agent.kind import AgentKind
from apps.resources.kinds.agent_execution.kind import AgentExecutionKind
from apps.resources.kinds.agent_instance.kind import AgentInstanceKind
from apps.resources.kinds.api_key.kind import ApiKeyKind
from apps.resources.kinds.environment.kind import EnvironmentKind
from apps.resources.kinds.execution_context.kind import ExecutionContextKind
from apps.resources.kinds.iam_policy.kind import IamPolicyKind
from apps.resources.kinds.identity_account.kind import IdentityAccountKind
from apps.resources.kinds.mcp_server.kind import McpServerKind
from apps.resources.kinds.organization.kind import OrganizationKind
from apps.resources.kinds.session.kind import SessionKind
from apps.resources.kinds.skill.kind import SkillKind
from apps.resources.kinds.workflow.kind import WorkflowKind
from apps.resources.kinds.workflow_execution.kind import WorkflowExecutionKind
from apps.resources.kinds.workflow_instance.kind import WorkflowInstanceKind

ORGANIZATION = OrganizationKind()
ENVIRONMENT = EnvironmentKind()
MCP_SERVER = McpServerKind()
SKILL = SkillKind()
AGENT = AgentKind()
AGENT_INSTANCE = AgentInstanceKind()
SESSION = SessionKind()
AGENT_EXECUTION = AgentExecutionKind()
WORKFLOW = WorkflowKind()
WORKFLOW_INSTANCE = WorkflowInstanceKind()
WORKFLOW_EXECUTION = WorkflowExecutionKind()
EXECUTION_CONTEXT = ExecutionContextKind()
IDENTITY_ACCOUNT = IdentityAccountKind()
API_KEY = ApiKeyKind()
IAM_POLICY = IamPolicyKind()
KINDS: tuple[Kind, ...] = (
    ORGANIZATION,
    ENVIRONMENT,
    MCP_SERVER,
    SKILL,
    AGENT,
    AGENT_INSTANCE,
    SESSION,
    AGENT_EXECUTION,
    WORKFLOW,
    WORKFLOW_INSTANCE,
    WORKFLOW_EXECUTION,
    EXECUTION_CONTEXT,
    IDENTITY_ACCOUNT,
    API_KEY,
    IAM_POLICY,
)
EXECUTION_KINDS: tuple[ExecutionKind, ...] = (AGENT_EXECUTION, WORKFLOW_EXECUTION)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_NUMBER = {kind.number: kind for kind in KINDS}
BY_MESSAGE = {kind.message_name: kind for kind in KINDS}
BY_MODEL: dict[type[Resource], Kind] = {kind.model: kind for kind in KINDS}


def children_of(kind: Kind) -> list[Kind]:
    """Kinds whose resources belong to one of `kind` by a spec field."""
    return [child for child in KINDS if child.parent and child.parent.kind == kind.name]


def execution_kind_of(execution_id: str) -> ExecutionKind | None:
    """The kind of run that an id with this prefix names, or None."""
    prefix = execution_id.partition("-")[0]
    return next((kind for kind in EXECUTION_KINDS if kind.prefix == prefix), None)
