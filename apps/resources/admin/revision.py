"""Every change to anything, deletions included: read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.base import AnyModelAdmin, Context, PageMedia
from apps.resources.admin.highlight import yaml_block
from apps.resources.admin.history import entry, predecessor
from apps.resources.admin.links import change_url, kind_said, restore_url
from apps.resources.admin.lists import EventFilter, InfinitePaginator, KindFilter, is_offered
from apps.resources.admin.moments import exact, moment
from apps.resources.api.authentication import authenticate
from apps.resources.base import Revision
from apps.resources.caller import SYSTEM
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import exists, visible_revisions
from apps.resources.storage.revisions import newest_number


class RevisionAdmin(AnyModelAdmin):
    Media = PageMedia
    empty_command = "stigmer apply"
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts of the whole table
    list_select_related = False
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    # The link first: narrow, the theme takes a first cell without one for a box to tick.
    list_display = ("slug", "kind_said", "happened", "number", "when", "actor", "said")
    sortable_by = ()
    list_filter = (KindFilter, EventFilter)
    search_fields = ("slug", "=resource_id", "message")
    search_help_text = "Slug, resource id or message"
    fields = ("event_line", "resource", "version_id", "message", "difference", "restoring", "snapshot_text")
    readonly_fields = fields
    compressed_fields = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Revisions", **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, {**context, "title": str(kwargs.get("obj"))}, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Those of the filters: an address may not search columns that no page shows."""
        return is_offered(lookup, self.get_list_filter(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = visible_revisions(authenticate(request)).order_by(*self.get_ordering(request))
        is_list = request.resolver_match is not None and "object_id" not in request.resolver_match.kwargs
        return rows.filter(of_running=False).defer("snapshot", "secrets") if is_list else rows

    @admin.display(description="Event")
    def happened(self, row: Revision) -> SafeString:
        return format_html('<span class="stigmer-event stigmer-event-{}">{}</span>', row.event, row.event)

    @admin.display(description="Kind")
    def kind_said(self, row: Revision) -> str:
        return kind_said(row.kind)

    @admin.display(description="When")
    def when(self, row: Revision) -> SafeString:
        return moment(row.at)

    @admin.display(description="Message")
    def said(self, row: Revision) -> SafeString | str:
        """Marked, so that a narrow page leaves out what is empty."""
        return format_html("<span>{}</span>", row.message) if row.message else ""

    @admin.display(description="Event")
    def event_line(self, row: Revision) -> str:
        return f"{row.event} {exact(row.at)} by {row.actor}, revision {row.number}"

    @admin.display(description="Resource")
    def resource(self, row: Revision) -> SafeString:
        # As SYSTEM: whoever has come to see a revision may know whether its resource is still there.
        kind = BY_NAME.get(row.kind)
        if kind is None or not exists(kind, row.resource_id, SYSTEM):
            return format_html("{} {} ({}), deleted since", kind_said(row.kind), row.slug, row.resource_id)
        return format_html(
            '{} <a class="stigmer-link" href="{}">{}</a>',
            kind_said(row.kind),
            change_url(kind, row.resource_id),
            row.slug,
        )

    @admin.display(description="Change")
    def difference(self, row: Revision) -> SafeString:
        change = entry(row, predecessor(row))
        told = format_html_join("", "<p>Another value of the secret {}</p>", ([path] for path in change.secrets))
        if change.difference:
            told += format_html('<pre class="stigmer-code stigmer-diff">{}</pre>', change.difference)
        return told or SafeString("The first revision." if change.is_first else "Nothing that a user writes.")

    @admin.display(description="Go back")
    def restoring(self, row: Revision) -> SafeString:
        """As SYSTEM, as above; whether this caller may, the page that asks finds out."""
        kind = BY_NAME.get(row.kind)
        if kind is None or kind.is_left_by_runs or not exists(kind, row.resource_id, SYSTEM):
            return SafeString("What is gone, or has run, cannot be restored.")
        if row.number == newest_number(row.resource_id):
            return SafeString("This is the newest revision.")
        url = restore_url(kind, row.resource_id, row.number)
        return format_html('<a class="stigmer-button" href="{}">Restore this revision</a>', url)

    @admin.display(description="As it was then")
    def snapshot_text(self, row: Revision) -> SafeString:
        return yaml_block(entry(row, None).snapshot)
