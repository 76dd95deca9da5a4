from django.db import models

from apps.resources.base import ID_LENGTH, Resource


class ExecutionContext(Resource):
    """The environment that one run got, resolved; it goes when the run ends."""

    execution_id = models.CharField(max_length=ID_LENGTH, editable=False)

    class Meta(Resource.Meta):
        abstract = False
        verbose_name = "execution context"
        indexes = [*Resource.Meta.indexes, models.Index(fields=["execution_id"], name="context_by_execution")]

    def __str__(self) -> str:
        return self.pk  # nobody gives it a name
