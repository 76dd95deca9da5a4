from apps.resources.admin.about import with_about
from apps.resources.admin.links import icon_of
from apps.resources.admin.relations import SHOWN, Relation, links_to
from apps.resources.admin.runs import RunAdmin
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.executions.queries import agent_runs_of
from apps.resources.registry import AGENT_EXECUTION


class WorkflowExecutionAdmin(RunAdmin):
    icon = "conversion_path"
    of = "Workflow"

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """The runs of agents that it has started, too."""
        found = super().relations(row, caller)
        rows = with_about(AGENT_EXECUTION, agent_runs_of(row.pk, caller))
        links = links_to(AGENT_EXECUTION, rows.order_by("-pk")[:SHOWN])
        return [*found, Relation("Runs of agents", icon_of(AGENT_EXECUTION), links)] if links else found
