from apps.resources.base import OwnerScope, Resource
from apps.resources.executions.kind import ExecutionKind
from apps.resources.json_value import Json
from apps.resources.kind import IdField, Parent
from apps.resources.kinds.workflow_execution.model import WorkflowExecution


class WorkflowExecutionKind(ExecutionKind[WorkflowExecution]):
    name = "WorkflowExecution"
    plural = "workflow executions"
    number = 52
    prefix = "wex"
    package = "ai.stigmer.agentic.workflowexecution.v1"
    model = WorkflowExecution
    default_scope = OwnerScope.ORGANIZATION
    parent = Parent(kind="WorkflowInstance", spec_field="workflow_instance_id", column="instance_id")
    can_be_retried = True
    takes_signals = True
    further_ids = (IdField("Workflow", "workflow_id"),)

    def status_of(self, row: Resource) -> dict[str, Json]:
        return {**super().status_of(row), "temporal_workflow_id": row.pk}
