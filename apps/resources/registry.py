"""The closed table of kinds, parents before the kinds that belong to them."""

from __future__ import annotations

from apps.resources.kind import Kind
from apps.resources.kinds.agent.kind import AgentKind
from apps.resources.kinds.agent_instance.kind import AgentInstanceKind
from apps.resources.kinds.organization.kind import OrganizationKind
from apps.resources.kinds.workflow.kind import WorkflowKind
from apps.resources.kinds.workflow_instance.kind import WorkflowInstanceKind

KINDS: tuple[Kind, ...] = (
    OrganizationKind(),
    AgentKind(),
    AgentInstanceKind(),
    WorkflowKind(),
    WorkflowInstanceKind(),
)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_NUMBER = {kind.number: kind for kind in KINDS}
BY_MESSAGE = {kind.message_name: kind for kind in KINDS}
BY_MODEL = {kind.model: kind for kind in KINDS}
RANK = {kind.name: rank for rank, kind in enumerate(KINDS)}


def children_of(kind: Kind) -> list[Kind]:
    """Kinds whose resources belong to one of `kind` by a spec field."""
    return [child for child in KINDS if child.parent and child.parent.kind == kind.name]
