from django.db import models

from apps.resources.base import Resource
from apps.resources.kinds.workflow.model import Workflow


class WorkflowInstance(Resource):
    """A workflow with concrete environments."""

    # No index of its own: the one below begins with it.
    workflow = models.ForeignKey(
        Workflow, on_delete=models.CASCADE, related_name="instances", editable=False, db_index=False
    )

    class Meta(Resource.Meta):
        abstract = False
        verbose_name = "workflow instance"
        indexes = [*Resource.Meta.indexes, models.Index(fields=["workflow", "-id"], name="wfinstance_by_workflow")]
