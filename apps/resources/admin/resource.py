"""The list of a kind and the page of one resource, the same for every kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET

from apps.resources.admin.about import is_made_up, named, title_of
from apps.resources.admin.base import Context, Fieldsets, PageMedia
from apps.resources.admin.columns import MoreColumns, more_columns, more_of
from apps.resources.admin.completion import completion_of
from apps.resources.admin.highlight import yaml_block
from apps.resources.admin.history_page import history_page
from apps.resources.admin.links import (
    DEFAULT_ICON,
    change_url,
    delete_url,
    edit_url,
    history_url,
    kind_said,
)
from apps.resources.admin.lists import InfinitePaginator, OrganizationFilter, ProjectFilter, is_offered, parent_filter
from apps.resources.admin.moments import moment
from apps.resources.admin.record import record_of
from apps.resources.admin.relations import Relation, ancestors, children, parents_of, project_relation, usage
from apps.resources.admin.resource_list.views import ResourceLists
from apps.resources.admin.resource_page import resource_context
from apps.resources.admin.restore import restore_page
from apps.resources.admin.run_form import RUNNABLE
from apps.resources.admin.run_page import run_page
from apps.resources.admin.writes import WritesByActions
from apps.resources.admin.yaml_text import to_yaml
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.registry import BY_MODEL

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
else:
    from unfold.views import ChangeList

LISTED = ("id", "name", "slug", "org", "owner_scope", "tags", "labels", "version", "updated_at", "updated_by", "event")


class ResourceList(ChangeList):
    """Reads only what it shows: specs and snapshots can be large."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        fields: list[str] = [*LISTED, *self.model_admin.listed, *self.model_admin.owner_fields]  # type: ignore[attr-defined]  # ours below
        return super().get_queryset(request, exclude_parameters).only(*fields)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        more = more_of(self.model_admin.kind, rows, authenticate(request))  # type: ignore[attr-defined]  # ours below
        for row in rows:
            row.more = more[row.pk]
        self.result_list = rows  # they are read once


class ResourceAdmin(ResourceLists, MoreColumns, WritesByActions):
    """Base of every kind's admin. A kind overrides what differs in `kinds/<kind>/admin.py`."""

    icon = DEFAULT_ICON
    spec_example: ClassVar[str] = ""
    """What the spec of a new resource starts with."""
    empty_command = "stigmer apply"
    """What fills an empty list."""
    listed: ClassVar[tuple[str, ...]] = ()
    """Columns of the model's own that the list shows."""
    lists_last_runs: ClassVar[bool] = True
    """Whether its page has a list of the last runs of it, where it has runs."""
    of: ClassVar[str] = ""
    """The kind, somewhere above, that lists say each belongs to; the one right above where it is not said."""

    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts of the whole table
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    search_fields = ("name", "slug", "=id")
    search_help_text = "Name, slug or id"
    list_filter_submit = False
    compressed_fields = False
    header_template = "resources/resource_header.html"
    """What its page begins with."""
    change_form_outer_before_template = "resources/resource_header.html"
    change_form_template = "resources/change_form.html"

    Media: ClassVar[type[PageMedia]] = PageMedia

    def __init__(self, model: type[Resource], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        owners = [owner for owner in ancestors(self.kind) if self.of in {"", owner[0].name}]
        self.owner_kind: Kind | None = owners[0][0] if owners else None
        self.owner_lookup = owners[0][1] if owners else ""
        self.owner_fields = [f"{self.owner_lookup}__name"] if owners else []

    # Lists

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ResourceList

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return [self.owner_lookup] if self.owner_lookup else []

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["title", *self.owner_columns(), *more_columns(self.kind), "version", "changed"]

    def owner_columns(self) -> list[Any]:
        """The column that links to what each row belongs to, if it belongs to anything."""
        if self.owner_kind is None:
            return []

        @admin.display(description=kind_said(self.owner_kind.name).capitalize(), ordering=f"{self.owner_lookup}__name")
        def belongs_to(row: Resource) -> SafeString:
            owner: Any = row
            for step in self.owner_lookup.split("__"):
                owner = getattr(owner, step)
            url = change_url(BY_MODEL[type(owner)], owner.pk)
            return format_html('<a class="stigmer-link" href="{}">{}</a>', url, owner.name)

        return [belongs_to]

    def get_sortable_by(self, request: HttpRequest) -> Any:  # Django's own says a list
        """None: every column that says by what. Django's own knows columns by identity, and ours are made anew."""
        return self.sortable_by

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [
            OrganizationFilter,
            ProjectFilter,
            *(parent_filter(path, kind_said(kind.name)) for kind, path in ancestors(self.kind)),
        ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Those of the filters: an address may not search columns that no page shows."""
        return is_offered(lookup, self.get_list_filter(request))

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
        """What it is called, and below that what it is referred to by."""
        called = _called(row)
        below = "" if str(row) == called else format_html('<code class="stigmer-slug">{}</code>', str(row))
        return format_html('<span class="stigmer-title">{}</span>{}', called, below)

    @admin.display(description="Last change", ordering="updated_at")
    def changed(self, row: Resource) -> SafeString:
        return format_html("<span>{} {} by {}</span>", row.event, moment(row.updated_at), row.updated_by)

    # One resource

    def heading(self, row: Resource) -> str:
        """What the page of it is called."""
        return _called(row)

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        names = ["name"] if obj else ["name", "slug", "owner_scope"]
        notes = {"fields": ["tags", "labels", "annotations"], "classes": ["collapse"]}
        return [
            (None, {"fields": [*names, "spec", "version_message", "seen_version"]}),
            ("Tags, labels and annotations", notes),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        parent = self.kind.parent
        chosen = given.get(parent.column.removesuffix("_id")) if parent else None
        return {"spec": {parent.spec_field: chosen} if parent and chosen else self.spec_example}

    @admin.display(description="Observed")
    def status_yaml(self, row: Resource) -> SafeString:
        return yaml_block(to_yaml(row.status))

    @admin.display(description="Record")
    def record(self, row: Resource) -> SafeString:
        """Who wrote it when, and which version this is."""
        return record_of(row, "" if row.name == self.heading(row) or is_made_up(row.name) else row.name)

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """What the head of the page links to."""
        return [
            *project_relation(row, caller),
            *parents_of(self.kind, row, caller),
            *usage(self.kind, row, caller),
            *children(self.kind, row, caller, with_runs=not self.lists_last_runs),
        ]

    def head(self, request: HttpRequest, row: Resource) -> Context:
        """What every page of it begins with."""
        heading, place = self.heading(row), [row.org, "" if str(row) == row.pk else row.slug]
        return {
            "kind": self.kind,
            "row": row,
            "heading": heading,
            "title": f"{heading} · {kind_said(self.kind.name).capitalize()}",
            "place": " / ".join(filter(None, place)),
            "icon": self.icon,
            "resource_url": change_url(self.kind, row.pk),
            "history_url": history_url(self.kind, row.pk),
            "run_url": self._url("run", row.pk) if self.kind.name in RUNNABLE else "",
            "edit_url": edit_url(self.kind, row.pk) if self.has_change_permission(request, row) else "",
            "delete_url": delete_url(self.kind, row.pk) if self.has_delete_permission(request, row) else "",
        }

    def body(self, request: HttpRequest, row: Resource) -> Context:
        """What its page has beyond that, where it can be changed."""
        caller = authenticate(request)
        return {
            "relations": self.relations(row, caller),
            "record": self.record(row),
            "header": self.header_template,
            "parts": self.parts(row),
            **resource_context(self.kind, row, caller, has_runs=self.lists_last_runs),
        }

    def parts(self, row: Resource) -> list[tuple[str, SafeString]]:
        """What only this kind has on its page: titles and markup."""
        return []

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Context | None = None
    ) -> HttpResponse:
        """Its page. What only runs make is shown by the form, whose fields are for reading then."""
        if not self.has_change_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        row = self.get_object(request, object_id, None)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self._page_context(request),
            "original": row,
            **self.head(request, row),
            **self.body(request, row),
            **(extra_context or {}),
        }
        return render(request, "resources/resource.html", context)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form."""
        if not self.has_change_permission(request):
            raise Http404
        return super().change_view(request, object_id)

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Resource | None = kwargs.get("obj")
        is_edited = self.has_change_permission(request) if row is not None else True
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False, "show_delete": False}
        context |= {"title": f"New {kind_said(self.kind.name)}", "is_edited": is_edited}
        if row is not None:
            context |= self.head(request, row)
            if not is_edited:
                context["relations"] = self.relations(row, authenticate(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_add(self, request: HttpRequest, obj: Resource) -> HttpResponseRedirect:
        return HttpResponseRedirect(change_url(self.kind, obj.pk))

    def response_post_save_change(self, request: HttpRequest, obj: Resource) -> HttpResponseRedirect:
        return HttpResponseRedirect(change_url(self.kind, obj.pk))

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        context = {"title": self.kind.title, "kind": self.kind}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        views: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("restore", "<path:object_id>/restore/<int:number>/", self.restore_view),
            ("edit", "<path:object_id>/edit/", self.edit_view),
            ("completion", "completion/", self.completion_view),
        ]
        if self.kind.name in RUNNABLE:
            views.append(("run", "<path:object_id>/run/", self.run_view))
        own = [
            path(place, self.admin_site.admin_view(view), name=f"resources_{self.opts.model_name}_{name}")
            for name, place, view in views
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_GET)
    def completion_view(self, request: HttpRequest) -> JsonResponse:
        """JSON for the editor."""
        return JsonResponse(completion_of(self.kind, authenticate(request)))

    @method_decorator(csrf_protect)
    def restore_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Not for what is looked at only: what ran cannot be made another."""
        if not self.has_change_permission(request):
            raise Http404
        return restore_page(request, self.kind, object_id, number, self._page_context(request))

    @method_decorator(csrf_protect)
    def run_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_page(request, self.kind, object_id, self._page_context(request))

    def _url(self, name: str, resource_id: str) -> str:
        return reverse(f"admin:resources_{self.opts.model_name}_{name}", args=[resource_id])

    def _page_context(self, request: HttpRequest) -> Context:
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Context | None = None) -> HttpResponse:
        context = {**self._page_context(request), **(extra_context or {})}
        return history_page(request, self.kind, object_id, context, is_editable=self.has_change_permission(request))


def _called(row: Resource) -> str:
    """What it is about, if the query says so, or else its name, or its id where nobody named it."""
    return title_of(getattr(row, "about", ""), named(row.name, row.pk))
