from typing import Any, ClassVar

from apps.resources.base import OwnerScope, Resource
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution
from apps.resources.kind import Parent
from apps.resources.kinds.workflow_execution.model import WorkflowExecution


class WorkflowExecutionKind(ExecutionKind):
    name = "WorkflowExecution"
    plural = "workflow executions"
    number = 52
    prefix = "wex"
    package = "ai.stigmer.agentic.workflowexecution.v1"
    model: ClassVar[type[Resource]] = WorkflowExecution
    default_scope = OwnerScope.ORGANIZATION
    parent = Parent(kind="WorkflowInstance", spec_field="workflow_instance_id", column="instance_id")

    def begin_status(self, row: Execution, status: Any) -> None:  # Any: WorkflowExecutionStatus
        status.temporal_workflow_id = row.pk
