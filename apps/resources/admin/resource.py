"""The list of a kind and the page of one resource, the same for every kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.base import Context, Fieldsets
from apps.resources.admin.history import code
from apps.resources.admin.history_page import history_page
from apps.resources.admin.links import DEFAULT_ICON, change_url, history_url
from apps.resources.admin.lists import InfinitePaginator, OrganizationFilter, parent_filter
from apps.resources.admin.moments import exact, moment
from apps.resources.admin.relations import Relation, ancestors, children, parents_of
from apps.resources.admin.writes import WritesByActions
from apps.resources.admin.yaml_text import to_yaml
from apps.resources.base import Resource
from apps.resources.registry import BY_MODEL

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
else:
    from unfold.views import ChangeList

LISTED = ("id", "name", "slug", "org", "owner_scope", "tags", "version", "updated_at", "updated_by", "event")
TAGS_SHOWN = 4
AUDIT = ("created", "changed_at", "status_changed_at", "version_id", "previous_version_id")


class ResourceList(ChangeList):
    """Reads only what it shows: specs and snapshots can be large."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        fields: list[str] = [*LISTED, *self.model_admin.listed, *self.model_admin.parent_fields]  # type: ignore[attr-defined]  # ours below
        return super().get_queryset(request, exclude_parameters).only(*fields)


class ResourceAdmin(WritesByActions):
    """Base of every kind's admin. A kind overrides what differs in `kinds/<kind>/admin.py`."""

    icon = DEFAULT_ICON
    spec_example: ClassVar[str] = ""
    """What the spec of a new resource starts with."""
    empty_command = "stigmer apply"
    """What fills an empty list."""
    listed: ClassVar[tuple[str, ...]] = ()
    """Columns of the model's own that the list shows."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    search_fields = ("name", "slug", "=id")
    search_help_text = "Name, slug or id"
    list_filter_submit = False
    compressed_fields = False
    change_form_outer_before_template = "resources/resource_header.html"

    def __init__(self, model: type[Resource], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.parent_field = self.kind.parent.column.removesuffix("_id") if self.kind.parent else ""
        self.parent_fields = [f"{self.parent_field}__name"] if self.parent_field else []

    # Lists

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ResourceList

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return [self.parent_field] if self.parent_field else []

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["title", *(["belongs_to"] if self.parent_field else []), "tag_list", "version", "changed"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        parents = [parent_filter(path, str(kind.model._meta.verbose_name)) for kind, path in ancestors(self.kind)]
        return [OrganizationFilter, *parents]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An id finds its resource by the key; looking for it in all names would take a walk through them."""
        words = search_term.strip()
        if re.fullmatch(f"{self.kind.prefix}-[0-9a-z]{{26}}", words):
            return queryset.filter(pk=words), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Name", ordering="name")
    def title(self, row: Resource) -> SafeString:
        slug = "" if row.slug == row.name else format_html('<code class="stigmer-slug">{}</code>', row.slug)
        return format_html('<span class="stigmer-title">{}</span>{}', row.name, slug)

    @admin.display(description="Belongs to")
    def belongs_to(self, row: Resource) -> SafeString:
        parent = getattr(row, self.parent_field)
        return format_html(
            '<a class="stigmer-link" href="{}">{}</a>', change_url(BY_MODEL[type(parent)], parent.pk), parent.name
        )

    @admin.display(description="Tags")
    def tag_list(self, row: Resource) -> SafeString:
        shown = format_html_join(" ", '<span class="stigmer-tag">{}</span>', ((tag,) for tag in row.tags[:TAGS_SHOWN]))
        more = len(row.tags) - TAGS_SHOWN
        return format_html("<span>{} {}</span>", shown, f"+{more}" if more > 0 else "")

    @admin.display(description="Last change", ordering="updated_at")
    def changed(self, row: Resource) -> SafeString:
        return format_html("<span>{} {} by {}</span>", row.event, moment(row.updated_at), row.updated_by)

    # One resource

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        names = ["name"] if obj else ["name", "slug", "owner_scope"]
        notes = {"fields": ["tags", "labels", "annotations"], "classes": ["collapse"]}
        sections: Fieldsets = [
            (None, {"fields": [*names, "spec", "version_message", "seen_version"]}),
            ("Tags, labels and annotations", notes),
        ]
        if obj:
            sections += [("Status", {"fields": ["status_yaml", *AUDIT]})]
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["status_yaml", *AUDIT] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        if self.kind.parent and self.parent_field in given:
            return {"spec": {self.kind.parent.spec_field: given[self.parent_field]}}
        return {"spec": self.spec_example}

    @admin.display(description="Observed")
    def status_yaml(self, row: Resource) -> SafeString:
        return code(to_yaml(row.status)) or SafeString("Nothing has been seen yet.")

    @admin.display(description="Created")
    def created(self, row: Resource) -> str:
        return f"{exact(row.created_at)} by {row.created_by}"

    @admin.display(description="Last change")
    def changed_at(self, row: Resource) -> str:
        return f"{row.event} {exact(row.updated_at)} by {row.updated_by}"

    @admin.display(description="Last change of status")
    def status_changed_at(self, row: Resource) -> str:
        return f"{row.status_event} {exact(row.status_updated_at)} by {row.status_updated_by}"

    def relations(self, row: Resource) -> list[Relation]:
        """What the head of the page links to."""
        return [*parents_of(self.kind, row), *children(self.kind, row)]

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Resource | None = kwargs.get("obj")
        context["show_save_and_add_another"] = False
        if row is not None:
            context |= {"kind": self.kind, "row": row, "relations": self.relations(row)}
            context |= {"icon": self.icon, "history_url": history_url(self.kind, row.pk)}
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        context = {"title": self.kind.plural.capitalize(), "kind": self.kind}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Context | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **(extra_context or {})}
        return history_page(request, self.kind, object_id, context)
