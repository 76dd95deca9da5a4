"""Runs: a page that follows one while it works, a button that ends it; `run_list` has the list to find it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from apps.resources.admin.about import title_of, with_about
from apps.resources.admin.base import Context, Fieldsets, PageMedia
from apps.resources.admin.forms import sentences
from apps.resources.admin.links import change_url
from apps.resources.admin.live.changes import tone
from apps.resources.admin.live.news import agents_of, news, workflows_of
from apps.resources.admin.read_only import ReadOnlyAdmin
from apps.resources.admin.run_cost import run_cost
from apps.resources.admin.run_events import RunEvents, number_said
from apps.resources.admin.run_list.lines import said_phase
from apps.resources.admin.run_list.views import CANCEL_REASON, RunLists
from apps.resources.admin.run_page import again_page
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import StigmerError
from apps.resources.executions.model import Execution, Phase
from apps.resources.registry import EXECUTION_KINDS
from apps.resources.storage.lookup import visible

Control: TypeAlias = Callable[[Any, str, str, Caller], None]
"""What is done to a run of a kind (Any: of this page's): its id, why, and who wants it. Raises StigmerError."""
PAGE_PATIENCE_SECONDS = 0.2
NEWS_PATIENCE_SECONDS = 5.0
"""For prices, which take a second once: a page goes without, its scripts ask on."""


class RunPageMedia(PageMedia):
    css = {"all": [*PageMedia.css["all"], "resources/run.css"]}
    js = [Script(f"resources/{name}.js", type="module") for name in ("run/page", "json/view")]


class RunAdmin(RunLists, RunEvents, ReadOnlyAdmin):
    empty_command = "stigmer run"
    change_form_outer_before_template = "resources/run.html"
    Media = RunPageMedia

    def __init__(self, model: type[Resource], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.execution_kind = next(kind for kind in EXECUTION_KINDS if kind.model is model)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = with_about(self.kind, super().get_queryset(request))
        named: QuerySet[Any] = rows.annotate(owner_name=F(f"{self.owner_lookup}__name"))
        return named

    def heading(self, row: Resource) -> str:
        """What it was asked, or else the name of what it is a run of."""
        return title_of(row.about, row.owner_name)  # type: ignore[attr-defined]  # from get_queryset

    def head(self, request: HttpRequest, row: Resource) -> Context:
        """The title of its pages begins with how it stands: that is what a tab has room for."""
        context = super().head(request, row)
        return {**context, "title": f"{said_phase(row)}: {context['heading']}"}  # type: ignore[arg-type]  # a run

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        return [("As it was asked for", {"fields": ["spec_yaml", "record"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["spec_yaml", "record"]

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=self._url_name(name))
            for name, view in (
                ("news", self.news_view),
                ("cancel", self.cancel_view),
                ("terminate", self.terminate_view),
                ("again", self.again_view),
            )
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Execution | None = kwargs.get("obj")
        if row is not None:
            context["run"] = self.run_context(row, authenticate(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def run_context(self, row: Execution, caller: Caller) -> Context:
        """What the page of the run begins with; its scripts fetch the rest."""
        return {
            "row": row,
            "phase": said_phase(row),
            "tone": tone(Phase(row.phase).label),
            "cost": run_cost(row.pk, caller, PAGE_PATIENCE_SECONDS),
            "is_live": not Phase(row.phase).is_terminal,
            "is_workflow": self.kind.name == "WorkflowExecution",
            **(self.values_context(row, caller) if self.kind.name == "WorkflowExecution" else {}),
            "news_url": reverse(f"admin:{self._url_name('news')}", args=[row.pk]),
            "events_url": reverse(f"admin:{self._url_name('events')}", args=[row.pk]),
            "again_url": reverse(f"admin:{self._url_name('again')}", args=[row.pk]),
            "cancel_url": reverse(f"admin:{self._url_name('cancel')}", args=[row.pk]),
            "terminate_url": reverse(f"admin:{self._url_name('terminate')}", args=[row.pk]),
        }

    @method_decorator(require_GET)
    def news_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """JSON for the page's scripts: `?after=` is the last event they have, with `cost` they ask for it, too."""
        caller = authenticate(request)
        row = visible(self.execution_kind, caller).filter(pk=object_id).values("phase", "cancel_requested_at").first()
        if row is None:
            raise Http404
        answer = news(self.execution_kind, object_id, number_said(request, "after"), caller)
        if Phase(row["phase"]).is_terminal or "cost" in request.GET:
            answer["cost"] = run_cost(object_id, caller, NEWS_PATIENCE_SECONDS)
        answer["is_cancelling"] = row["cancel_requested_at"] is not None
        if self.kind.name == "WorkflowExecution":
            answer["agents"] = agents_of(object_id, request.GET.get("agents", ""), caller)
            answer["workflows"] = workflows_of(object_id, request.GET.get("workflows", ""), caller)
        return JsonResponse(answer)

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        from apps.resources.executions.actions import request_cancel

        return self.controlled(request, object_id, request_cancel, "The run is being cancelled.")

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def terminate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        from apps.resources.executions.terminating import terminate

        return self.controlled(request, object_id, terminate, "The run is terminated.")

    def controlled(self, request: HttpRequest, object_id: str, control: Control, done: str) -> HttpResponse:
        """Back to the page of the run once it was told what somebody wants of it, with what was done."""
        try:
            control(self.execution_kind, object_id, CANCEL_REASON, authenticate(request))
        except StigmerError as error:
            messages.error(request, sentences(error))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(change_url(self.kind, object_id))

    @method_decorator(csrf_protect)
    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = visible(self.execution_kind, authenticate(request)).filter(pk=object_id).first()
        if row is None:
            raise Http404
        return again_page(request, row, self._page_context(request))
