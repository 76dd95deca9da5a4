"""What belongs to a resource, by the contract's own lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.backends.resource import Resource

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend

SESSIONS_READ = 5
"""Of an instance of an agent: its last runs are in the newest of them, or nearly so."""
INSTANCES = {
    "Agent": ("AgentInstance", "getByAgent", "GetAgentInstancesByAgentRequest", "agent_id"),
    "Workflow": ("WorkflowInstance", "getByWorkflow", "GetWorkflowInstancesByWorkflowRequest", "workflow_id"),
}


def instances_of(backend: GrpcBackend, kind: str, resource_id: str) -> list[Resource]:
    """The newest 50 instances of an agent or a workflow, newest first; none of anything else."""
    if kind not in INSTANCES:
        return []
    instance, method, request, field = INSTANCES[kind]
    return listed(backend, instance, method, request, **{field: resource_id})


def runs_below(backend: GrpcBackend, kind: str, resource_id: str, most: int) -> list[Resource]:
    """The last runs of an instance or a session, newest first; none of anything else."""
    if kind == "WorkflowInstance":
        wanted = {"workflow_id": resource_id, "page_size": most}
        return listed(
            backend, "WorkflowExecution", "listByWorkflow", "ListWorkflowExecutionsByWorkflowRequest", **wanted
        )
    sessions = [resource_id] if kind == "Session" else []
    if kind == "AgentInstance":
        wanted = {"agent_id": resource_id, "page_size": SESSIONS_READ}
        found = listed(backend, "Session", "listByAgent", "ListSessionsByAgentRequest", **wanted)
        sessions = [each.message.metadata.id for each in found]
    runs = [
        run
        for session in sessions
        for run in listed(
            backend,
            *("AgentExecution", "listBySession", "ListAgentExecutionsBySessionRequest"),
            session_id=session,
            page_size=most,
        )
    ]
    # Behind its prefix, an id begins with the time it was made.
    return sorted(runs, key=lambda run: str(run.message.metadata.id), reverse=True)[:most]


def listed(backend: GrpcBackend, kind: str, method: str, request: str, **wanted: Any) -> list[Resource]:
    """The first page of a list of the contract."""
    return [Resource.of(each) for each in backend.contract_page(kind, method, request, **wanted).items]
