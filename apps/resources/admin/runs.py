"""Runs: a list to find one in, a page that follows it while it works, a button that ends it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from apps.resources.admin.about import title_of, with_about
from apps.resources.admin.base import Context, Fieldsets
from apps.resources.admin.forms import sentences
from apps.resources.admin.links import change_url
from apps.resources.admin.lists import PhaseFilter
from apps.resources.admin.live.changes import tone
from apps.resources.admin.live.news import agents_of, news
from apps.resources.admin.moments import duration, moment
from apps.resources.admin.read_only import ReadOnlyAdmin
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.errors import StigmerError
from apps.resources.executions.model import Execution, Phase
from apps.resources.registry import EXECUTION_KINDS
from apps.resources.storage.lookup import visible

CANCEL_REASON = "in the admin"
MAX_ID = 2**63 - 1


class RunPageMedia:
    css = {"all": ["resources/run.css"]}
    js = [Script("resources/run/page.js", type="module")]


class RunAdmin(ReadOnlyAdmin):
    empty_command = "stigmer run"
    listed = ("phase", "created_at", "started_at", "completed_at", "cancel_requested_at")
    search_fields = ("name", "slug", "=id")
    change_form_outer_before_template = "resources/run.html"
    Media = RunPageMedia

    def __init__(self, model: type[Resource], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.execution_kind = next(kind for kind in EXECUTION_KINDS if kind.model is model)

    # Lists

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = with_about(self.kind, super().get_queryset(request))
        named: QuerySet[Any] = rows.annotate(owner_name=F(f"{self.owner_lookup}__name"))
        return named

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["title", *self.owner_columns(), "phase_label", "began", "took"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [PhaseFilter, *super().get_list_filter(request)]

    @admin.display(description="Name", ordering="about")
    def title(self, row: Resource) -> SafeString:
        return super().title(row)

    @admin.display(description="Phase", ordering="phase")
    def phase_label(self, row: Execution) -> SafeString:
        label = said_phase(row)
        return format_html(
            '<span class="stigmer-state stigmer-state-{}">{}</span>', tone(Phase(row.phase).label), label
        )

    @admin.display(description="Created", ordering="id")
    def began(self, row: Execution) -> SafeString:
        return moment(row.created_at)

    @admin.display(description="Took", ordering=F("completed_at") - F("started_at"))
    def took(self, row: Execution) -> SafeString:
        """Of a run under way, as long as it has taken so far."""
        begun, ended = row.started_at, row.completed_at
        if begun is None:
            return SafeString("")
        return format_html("<span>{}{}</span>", duration((ended or timezone.now()) - begun), "" if ended else " so far")

    # One run

    def heading(self, row: Resource) -> str:
        """What it was asked, or else the name of what it is a run of."""
        return title_of(row.about, row.owner_name)  # type: ignore[attr-defined]  # from get_queryset

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        return [("As it was asked for", {"fields": ["spec_yaml", "record"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["spec_yaml", "record"]

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=self._url_name(name))
            for name, view in (("news", self.news_view), ("cancel", self.cancel_view))
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Execution | None = kwargs.get("obj")
        if row is not None:
            context["run"] = self.run_context(row)
        return super().render_change_form(request, context, *args, **kwargs)

    def run_context(self, row: Execution) -> Context:
        """What the page of the run begins with; its scripts fetch the rest."""
        return {
            "row": row,
            "phase": said_phase(row),
            "tone": tone(Phase(row.phase).label),
            "is_live": not Phase(row.phase).is_terminal,
            "is_workflow": self.kind.name == "WorkflowExecution",
            "news_url": reverse(f"admin:{self._url_name('news')}", args=[row.pk]),
            "cancel_url": reverse(f"admin:{self._url_name('cancel')}", args=[row.pk]),
        }

    @method_decorator(require_GET)
    def news_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """JSON for the page's scripts: `?after=` is the last event they have."""
        caller = authenticate(request)
        row = visible(self.execution_kind, caller).filter(pk=object_id).values("phase", "cancel_requested_at").first()
        if row is None:
            raise Http404
        after = request.GET.get("after", "")
        last = min(int(after), MAX_ID) if after.isascii() and after.isdigit() else 0
        answer = news(self.execution_kind, object_id, last, caller)
        answer["is_cancelling"] = row["cancel_requested_at"] is not None
        if self.kind.name == "WorkflowExecution":
            answer["agents"] = agents_of(object_id, request.GET.get("agents", ""), caller)
        return JsonResponse(answer)

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        from apps.resources.executions.actions import request_cancel

        try:
            request_cancel(self.execution_kind, object_id, CANCEL_REASON, authenticate(request))
        except StigmerError as error:
            messages.error(request, sentences(error))
        else:
            messages.success(request, "The run is being cancelled.")
        return HttpResponseRedirect(change_url(self.kind, object_id))

    def _url_name(self, name: str) -> str:
        return f"resources_{self.opts.model_name}_{name}"


def said_phase(row: Execution) -> str:
    """The phase, or that it is about to be cancelled."""
    phase = Phase(row.phase)
    return "cancelling" if row.cancel_requested_at and not phase.is_terminal else phase.label
