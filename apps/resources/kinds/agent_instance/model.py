from django.db import models

from apps.resources.base import Resource
from apps.resources.kinds.agent.model import Agent


class AgentInstance(Resource):
    """An agent with concrete environments."""

    # No index of its own: the one below begins with it.
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="instances", editable=False, db_index=False)

    class Meta(Resource.Meta):
        abstract = False
        verbose_name = "agent instance"
        indexes = [*Resource.Meta.indexes, models.Index(fields=["agent", "-id"], name="agentinstance_by_agent")]
