from django.db import models

from apps.resources.base import Resource
from apps.resources.kinds.agent_instance.model import AgentInstance


class Session(Resource):
    """A conversation with one instance of an agent: its runs share their history."""

    # No index of its own: the one below begins with it.
    agent_instance = models.ForeignKey(
        AgentInstance, on_delete=models.CASCADE, related_name="sessions", editable=False, db_index=False
    )

    class Meta(Resource.Meta):
        abstract = False
        indexes = [*Resource.Meta.indexes, models.Index(fields=["agent_instance", "-id"], name="session_by_instance")]

    def __str__(self) -> str:
        return self.pk  # nobody gives it a name
