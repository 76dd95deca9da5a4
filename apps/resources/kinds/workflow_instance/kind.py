from apps.resources.base import OwnerScope
from apps.resources.kind import Kind, Parent, ReferenceField
from apps.resources.kinds.workflow_instance.model import WorkflowInstance


class WorkflowInstanceKind(Kind[WorkflowInstance]):
    name = "WorkflowInstance"
    plural = "workflow instances"
    number = 51
    prefix = "win"
    package = "ai.stigmer.agentic.workflowinstance.v1"
    model = WorkflowInstance
    default_scope = OwnerScope.ORGANIZATION
    parent = Parent(kind="Workflow", spec_field="workflow_id", column="workflow_id", same_org=True)
    references = (ReferenceField("env_refs[]", "Environment", called=frozenset({"", "environment"})),)
