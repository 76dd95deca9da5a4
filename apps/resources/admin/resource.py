"""The list of a kind and the page of one resource, the same for every kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.about import is_made_up, named, title_of
from apps.resources.admin.base import Context, Fieldsets
from apps.resources.admin.history import code
from apps.resources.admin.history_page import history_page
from apps.resources.admin.links import DEFAULT_ICON, change_url, history_url, kind_said
from apps.resources.admin.lists import InfinitePaginator, OrganizationFilter, is_offered, parent_filter
from apps.resources.admin.moments import exact, moment
from apps.resources.admin.relations import Relation, ancestors, children, parents_of
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

LISTED = ("id", "name", "slug", "org", "owner_scope", "tags", "version", "updated_at", "updated_by", "event")
TAGS_SHOWN = 4


class ResourceList(ChangeList):
    """Reads only what it shows: specs and snapshots can be large."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        fields: list[str] = [*LISTED, *self.model_admin.listed, *self.model_admin.owner_fields]  # type: ignore[attr-defined]  # ours below
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
    change_form_outer_before_template = "resources/resource_header.html"

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
        return ["title", *self.owner_columns(), "tag_list", "version", "changed"]

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
        return [OrganizationFilter, *(parent_filter(path, kind_said(kind.name)) for kind, path in ancestors(self.kind))]

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

    @admin.display(description="Tags")
    def tag_list(self, row: Resource) -> SafeString:
        """An element without content where there are none: narrow pages leave its line out."""
        tags = [*row.tags[:TAGS_SHOWN], *([f"+{len(row.tags) - TAGS_SHOWN}"] if len(row.tags) > TAGS_SHOWN else [])]
        shown = format_html_join(" ", '<span class="stigmer-tag">{}</span>', ((tag,) for tag in tags))
        return format_html('<span class="stigmer-tags">{}</span>', shown)

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
        sections: Fieldsets = [
            (None, {"fields": [*names, "spec", "version_message", "seen_version"]}),
            ("Tags, labels and annotations", notes),
        ]
        if obj:
            seen = ["status_yaml"] if obj.status else []
            sections += [("Status" if seen else "Record", {"fields": [*seen, "record"]})]
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["status_yaml", "record"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        parent = self.kind.parent
        chosen = given.get(parent.column.removesuffix("_id")) if parent else None
        return {"spec": {parent.spec_field: chosen} if parent and chosen else self.spec_example}

    @admin.display(description="Observed")
    def status_yaml(self, row: Resource) -> SafeString:
        return code(to_yaml(row.status))

    @admin.display(description="Record")
    def record(self, row: Resource) -> SafeString:
        """Who wrote it when, and which version this is."""
        facts = [("Created", f"{exact(row.created_at)} by {row.created_by}")]
        if row.updated_at != row.created_at:
            facts.append(("Last change", f"{row.event} {exact(row.updated_at)} by {row.updated_by}"))
        if row.status_updated_at not in {row.created_at, row.updated_at}:
            facts.append(("Status", f"{row.status_event} {exact(row.status_updated_at)} by {row.status_updated_by}"))
        facts.append(("Version", f"{row.version}, {row.version_id}"))
        if row.previous_version_id:
            facts.append(("Before it", row.previous_version_id))
        if row.name != self.heading(row) and not is_made_up(row.name):
            facts.insert(0, ("Name", row.name))
        shown = format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts)
        return format_html('<dl class="stigmer-facts">{}</dl>', shown)

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """What the head of the page links to."""
        return [*parents_of(self.kind, row, caller), *children(self.kind, row, caller)]

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Resource | None = kwargs.get("obj")
        context |= {"show_save_and_add_another": False, "title": f"New {kind_said(self.kind.name)}"}
        if row is not None:
            heading, place = self.heading(row), [row.org, "" if str(row) == row.pk else row.slug]
            context |= {"kind": self.kind, "row": row, "relations": self.relations(row, authenticate(request))}
            context |= {"heading": heading, "title": f"{heading} · {kind_said(self.kind.name).capitalize()}"}
            context |= {"place": " / ".join(filter(None, place)), "icon": self.icon}
            context["history_url"] = history_url(self.kind, row.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        context = {"title": self.kind.title, "kind": self.kind}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Context | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **(extra_context or {})}
        return history_page(request, self.kind, object_id, context)


def _called(row: Resource) -> str:
    """What it is about, if the query says so, or else its name, or its id where nobody named it."""
    return title_of(getattr(row, "about", ""), named(row.name, row.pk))
