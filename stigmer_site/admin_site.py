"""Our admin site: no password form, a home page of our own, styles that a strict policy allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

from apps.resources.api.authentication import authenticate
from stigmer_site.overview import overview
from stigmer_site.sign_in import explain

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite

# Nobody has a password here: there is none to change.
UNUSED = {"password_change", "password_change_done"}
Context = dict[str, Any]  # whatever templates are given


class ControlPlaneSite(UnfoldAdminSite):
    index_title = "Home"
    site_title = "Stigmer"
    site_header = "Stigmer"

    def get_urls(self) -> list[URLResolver | URLPattern]:
        own = path("overview/", self.admin_view(self.overview_news), name="overview")
        return [own, *(url for url in super().get_urls() if getattr(url, "name", None) not in UNUSED)]

    def login(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        del extra_context
        return redirect("sign_in") if settings.CLOUD else explain(request)

    def logout(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:  # type: ignore[override]  # ours is no template response
        del extra_context
        if request.method != "POST":
            # A picture on somebody's page gets this address as well; the form that signs out is in the menu.
            return redirect("admin:index")
        logout(request)
        return redirect("sign_in") if settings.CLOUD else explain(request, signed_out=True)

    def index(self, request: HttpRequest, extra_context: Context | None = None) -> TemplateResponse:
        return super().index(request, {**overview(authenticate(request)), "title": None, **(extra_context or {})})

    def overview_news(self, request: HttpRequest) -> JsonResponse:
        """What the home page shows, as it is now."""
        return JsonResponse({"html": render_to_string("admin/overview.html", overview(authenticate(request)), request)})

    def extra_context(self, context: Context, request: HttpRequest) -> Context:
        """Drops the theme's inline colours, which the content policy refuses; stigmer.css has ours."""
        del request
        return {**context, "colors": {}, "border_radius": ""}
