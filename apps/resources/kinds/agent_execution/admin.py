from apps.resources.admin.links import change_url, icon_of
from apps.resources.admin.live.news import WORKFLOW_EXECUTION as WORKFLOW_LABEL
from apps.resources.admin.relations import Link, Relation
from apps.resources.admin.runs import RunAdmin
from apps.resources.base import Resource
from apps.resources.registry import WORKFLOW_EXECUTION


class AgentExecutionAdmin(RunAdmin):
    icon = "directions_run"
    of = "Agent"

    def relations(self, row: Resource) -> list[Relation]:
        """The run of a workflow that waits for it, too, if one does."""
        found = super().relations(row)
        caller = (
            WORKFLOW_EXECUTION.model.objects.filter(pk=row.labels.get(WORKFLOW_LABEL, "")).only("pk", "name").first()
        )
        if caller is not None:
            link = Link(caller.name, change_url(WORKFLOW_EXECUTION, caller.pk))
            found.append(Relation("Called by", icon_of(WORKFLOW_EXECUTION), [link]))
        return found
