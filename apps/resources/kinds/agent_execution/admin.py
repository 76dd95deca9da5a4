from apps.resources.admin.about import with_about
from apps.resources.admin.links import icon_of
from apps.resources.admin.live.news import WORKFLOW_EXECUTION as WORKFLOW_LABEL
from apps.resources.admin.relations import Relation, links_to
from apps.resources.admin.runs import RunAdmin
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.storage.lookup import visible


class AgentExecutionAdmin(RunAdmin):
    icon = "directions_run"
    of = "Agent"

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """The run of a workflow that waits for it, too, if one does."""
        found = super().relations(row, caller)
        waiting = visible(WORKFLOW_EXECUTION, caller).filter(pk=row.labels.get(WORKFLOW_LABEL, ""))
        links = links_to(WORKFLOW_EXECUTION, with_about(WORKFLOW_EXECUTION, waiting))
        return [*found, Relation("Called by", icon_of(WORKFLOW_EXECUTION), links)] if links else found
