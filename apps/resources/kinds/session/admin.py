from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from apps.resources.admin.about import with_about
from apps.resources.admin.base import Context
from apps.resources.admin.live.conversation import older_than, turns, turns_after
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.admin.runs import RunPageMedia
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource


class SessionAdmin(ResourceAdmin):
    """Its page shows the runs of the session as one conversation."""

    icon = "forum"
    of = "Agent"
    empty_command = "stigmer run"
    spec_example = "agent_instance_id: name-of-an-instance\nsubject: What it is about.\n"
    lists_last_runs = False  # they are its conversation
    header_template = "resources/session.html"
    Media = RunPageMedia

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_about(self.kind, super().get_queryset(request))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["title", *self.owner_columns(), "changed"]

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/turns/", self.admin_site.admin_view(self.turns_view), name="resources_session_turns"
        )
        return [own, *super().get_urls()]

    def body(self, request: HttpRequest, row: Resource) -> Context:
        caller = authenticate(request)
        shown = turns(row.pk, caller, before=request.GET.get("before", ""))
        return {
            **super().body(request, row),
            "turns": shown,
            "older": older_than(row.pk, shown, caller),
            "is_newest_page": not request.GET.get("before"),
            "turns_url": reverse("admin:resources_session_turns", args=[row.pk]),
        }

    @method_decorator(require_GET)
    def turns_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """JSON for the page's scripts: the turns that began after `?after=`, oldest first."""
        return JsonResponse({"turns": turns_after(object_id, request.GET.get("after", ""), authenticate(request))})
