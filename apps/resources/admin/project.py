"""Projects: the list, and one page for each with what it owns. They are changed by deploying."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from apps.resources.admin.about import with_about
from apps.resources.admin.base import AnyModelAdmin, Context
from apps.resources.admin.links import icon_of, list_url
from apps.resources.admin.lists import InfinitePaginator, OrganizationFilter, is_offered
from apps.resources.admin.moments import moment
from apps.resources.admin.relations import PROJECT_ICON, SHOWN, Relation, links_to
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.project import Project
from apps.resources.registry import BY_NAME, KINDS
from apps.resources.storage.inventory import entries_of, visible_projects, with_counts
from apps.resources.storage.lookup import visible


class ProjectAdmin(AnyModelAdmin):
    empty_command = "stigmer apply"
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts of the whole table
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    list_display = ("name", "org", "resources", "changed")
    sortable_by = ()
    list_filter = (OrganizationFilter,)
    search_fields = ("name",)
    search_help_text = "Name"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Those of the filters: an address may not search columns that no page shows."""
        return is_offered(lookup, self.list_filter)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_counts(visible_projects(authenticate(request))).order_by("-id")

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Projects", **(extra_context or {})})

    @admin.display(description="Resources")
    def resources(self, row: Any) -> str:  # Any: with the count that the query adds
        return f"{row.owned:,}"

    @admin.display(description="Last change")
    def changed(self, row: Project) -> SafeString:
        return moment(row.updated_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Context | None = None
    ) -> HttpResponse:
        """What it owns, by kind."""
        del form_url
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        caller = authenticate(request)
        row = visible_projects(caller).filter(pk=object_id).first() if object_id.isdecimal() else None
        if row is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{row.name} · Project",
            "project": row,
            "icon": PROJECT_ICON,
            "created": moment(row.created_at),
            "updated": moment(row.updated_at),
            "relations": owned_relations(row, caller),
            **(extra_context or {}),
        }
        return render(request, "resources/project.html", context)


def owned_relations(project: Project, caller: Caller) -> list[Relation]:
    """One for each kind of which it owns something: the newest few, and a link to the list of all."""
    ids: dict[str, list[str]] = {}
    for resource_id, name in entries_of(project).items():
        ids.setdefault(name, []).append(resource_id)
    found = []
    for kind in KINDS:
        if kind.name in ids:
            newest = sorted(ids[kind.name], reverse=True)[:SHOWN]
            rows = with_about(kind, visible(BY_NAME[kind.name], caller).filter(pk__in=newest)).order_by("-pk")
            url = list_url(kind, project=str(project.pk))
            found.append(Relation(kind.title, icon_of(kind), links_to(kind, rows), f"{len(ids[kind.name]):,}", url))
    return found
