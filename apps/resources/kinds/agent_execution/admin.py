from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.resources.admin.about import with_about
from apps.resources.admin.base import Context
from apps.resources.admin.changed_tools import changed_tools
from apps.resources.admin.links import icon_of
from apps.resources.admin.live.news import WORKFLOW_EXECUTION as WORKFLOW_LABEL
from apps.resources.admin.relations import Relation, links_to
from apps.resources.admin.runs import RunAdmin
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.executions.model import Phase
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.storage.lookup import visible


class AgentExecutionAdmin(RunAdmin):
    icon = "directions_run"
    of = "Agent"

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what changed, where it failed for tools that are not what they were."""
        row: AgentExecution | None = kwargs.get("obj")
        if row is not None and row.phase == Phase.FAILED:
            agent_id = row.session.agent_instance.agent_id
            context |= changed_tools(agent_id, run_id=row.pk, error=row.error)
        return super().render_change_form(request, context, *args, **kwargs)

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """The run of a workflow that waits for it, too, if one does."""
        found = super().relations(row, caller)
        waiting = visible(WORKFLOW_EXECUTION, caller).filter(pk=row.labels.get(WORKFLOW_LABEL, ""))
        links = links_to(WORKFLOW_EXECUTION, with_about(WORKFLOW_EXECUTION, waiting))
        return [*found, Relation("Called by", icon_of(WORKFLOW_EXECUTION), links)] if links else found

    def run_again(self, execution_id: str, caller: Caller) -> object:
        # Generated messages come along with it: only who starts a run needs them.
        from apps.resources.running.rerun import rerun

        return rerun(execution_id, caller, is_pinned=False)
