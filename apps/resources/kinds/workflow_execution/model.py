from django.db import models

from apps.resources.base import ID_LENGTH
from apps.resources.executions.model import Execution
from apps.resources.kinds.workflow_instance.model import WorkflowInstance


class WorkflowExecution(Execution):
    """One run of a workflow, of the definition that stood when it was created."""

    # No index of its own: the one below begins with it.
    instance = models.ForeignKey(
        WorkflowInstance, on_delete=models.CASCADE, related_name="executions", editable=False, db_index=False
    )
    input = models.JSONField(null=True, editable=False)
    """By name, with its types. None in runs of former versions, which have their `trigger_metadata` alone."""
    definition_version_id = models.CharField(max_length=ID_LENGTH, blank=True, default="", editable=False)

    class Meta(Execution.Meta):
        abstract = False
        verbose_name = "workflow execution"
        indexes = [*Execution.Meta.indexes, models.Index(fields=["instance", "-id"], name="wexecution_by_instance")]
