from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import IdField, Parent
from apps.resources.kinds.agent_execution.model import AgentExecution


class AgentExecutionKind(ExecutionKind[AgentExecution]):
    name = "AgentExecution"
    plural = "agent executions"
    number = 41
    prefix = "aex"
    package = "ai.stigmer.agentic.agentexecution.v1"
    model = AgentExecution
    parent = Parent(kind="Session", spec_field="session_id", column="session_id")
    further_ids = (IdField("Agent", "agent_id"),)
