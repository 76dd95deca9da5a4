from django.db import models

from apps.resources.executions.model import Execution
from apps.resources.kinds.session.model import Session


class AgentExecution(Execution):
    """One run of an agent: a message in, an answer out, within a session."""

    # No index of its own: the one below begins with it.
    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="executions", editable=False, db_index=False
    )

    skills = models.JSONField(default=list, editable=False)
    """The versions of its agent's skills when it was created: `[{path, id, version_hash}, ...]`."""

    class Meta(Execution.Meta):
        abstract = False
        verbose_name = "agent execution"
        indexes = [*Execution.Meta.indexes, models.Index(fields=["session", "-id"], name="agentexecution_by_session")]
