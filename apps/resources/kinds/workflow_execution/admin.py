from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from apps.resources.admin.about import with_about
from apps.resources.admin.base import Context
from apps.resources.admin.forms import sentences
from apps.resources.admin.links import change_url, icon_of
from apps.resources.admin.relations import SHOWN, Relation, links_to
from apps.resources.admin.runs import RunAdmin
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import NotFound, StigmerError
from apps.resources.executions.model import Execution
from apps.resources.executions.queries import agent_runs_of
from apps.resources.executions.retries import can_be_retried, retry_name
from apps.resources.registry import AGENT_EXECUTION, WORKFLOW_EXECUTION
from apps.resources.storage.lookup import visible
from apps.shared.annotations import RETRY_FROM, RETRY_OF


class WorkflowExecutionAdmin(RunAdmin):
    icon = "conversion_path"
    of = "Workflow"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.retry_view)
        return [path("<path:object_id>/retry/", view, name=self._url_name("retry")), *super().get_urls()]

    def run_context(self, row: Execution, caller: Caller) -> Context:
        """With where it is retried, once it has failed: a run under way may fail while its page is open."""
        context = super().run_context(row, caller)
        if context["is_live"] or can_be_retried(row):
            context["retry_url"] = reverse(f"admin:{self._url_name('retry')}", args=[row.pk])
        return context

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have it go on, from the task whose path is sent or from the one that failed, and show the run that does."""
        # Generated messages come along with it: only who starts a run needs them.
        from apps.resources.running.retry import retry
        from apps.resources.wire.codec import message_class

        try:
            made = retry(object_id, request.POST.get("task", ""), authenticate(request))
        except NotFound:
            raise Http404 from None
        except StigmerError as error:
            messages.error(request, sentences(error))
            return HttpResponseRedirect(change_url(WORKFLOW_EXECUTION, object_id))
        metadata: Any = message_class(WORKFLOW_EXECUTION).FromString(made).metadata  # type: ignore[attr-defined]  # every envelope has it
        messages.success(request, f"It goes on from {metadata.annotations[RETRY_FROM]}: what was done before is kept.")
        return HttpResponseRedirect(change_url(WORKFLOW_EXECUTION, metadata.id))

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """The run that it retries, the one that retries it, and the runs of agents that it has started, too."""
        found = super().relations(row, caller)
        for title, wanted in (
            ("Goes on from", Q(pk=row.annotations.get(RETRY_OF, ""))),
            ("Retried by", Q(slug=retry_name(row.pk), org=row.org)),
        ):
            others = with_about(WORKFLOW_EXECUTION, visible(WORKFLOW_EXECUTION, caller).filter(wanted))
            if near := links_to(WORKFLOW_EXECUTION, others):
                found.append(Relation(title, icon_of(WORKFLOW_EXECUTION), near))
        rows = with_about(AGENT_EXECUTION, agent_runs_of(row.pk, caller))
        links = links_to(AGENT_EXECUTION, rows.order_by("-pk")[:SHOWN])
        return [*found, Relation("Runs of agents", icon_of(AGENT_EXECUTION), links)] if links else found

    def run_again(self, execution_id: str, caller: Caller) -> object:
        # Generated messages come along with it: only who starts a run needs them.
        from apps.resources.running.rerun import rerun

        return rerun(execution_id, caller, is_pinned=False)
