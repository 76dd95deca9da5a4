"""The list of a kind and the page of one resource, the same for every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_protect

from apps.resources.admin.base import AnyModelAdmin, Context, Fieldsets
from apps.resources.admin.forms import ResourceForm
from apps.resources.admin.history import code
from apps.resources.admin.history_page import history_page
from apps.resources.admin.links import DEFAULT_ICON, change_url, history_url
from apps.resources.admin.lists import InfinitePaginator, OrganizationFilter, parent_filter
from apps.resources.admin.moments import exact, moment
from apps.resources.admin.relations import Relation, children, parent_of
from apps.resources.admin.yaml_text import to_yaml
from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.errors import StigmerError
from apps.resources.kind import Kind
from apps.resources.registry import BY_MODEL, BY_NAME

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
        fields: list[str] = [*LISTED, *self.model_admin.parent_fields]  # type: ignore[attr-defined]  # ours below
        return super().get_queryset(request, exclude_parameters).only(*fields)


class ResourceAdmin(AnyModelAdmin):
    """Base of every kind's admin. A kind overrides what differs in `kinds/<kind>/admin.py`."""

    icon = DEFAULT_ICON
    spec_example: ClassVar[str] = ""
    """What the spec of a new resource starts with."""
    empty_command = "stigmer apply"
    """What fills an empty list."""

    form = ResourceForm
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
        self.kind: Kind = BY_MODEL[model]
        self.parent_field = self.kind.parent.column.removesuffix("_id") if self.kind.parent else ""
        self.parent_fields = [f"{self.parent_field}__name"] if self.parent_field else []
        self.list_select_related = (self.parent_field,) if self.parent_field else False

    # Lists

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ResourceList

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return ["title", *(["belongs_to"] if self.parent_field else []), "tag_list", "version", "changed"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        parent = [parent_filter(self.parent_field, BY_NAME[self.kind.parent.kind].name)] if self.kind.parent else []
        return [OrganizationFilter, *parent]

    @admin.display(description="Name", ordering="name")
    def title(self, row: Resource) -> SafeString:
        return format_html(
            '<span class="stigmer-title">{}</span><code class="stigmer-slug">{}</code>', row.name, row.slug
        )

    @admin.display(description="Belongs to")
    def belongs_to(self, row: Resource) -> SafeString:
        parent = getattr(row, self.parent_field)
        return format_html('<a href="{}">{}</a>', change_url(BY_MODEL[type(parent)], parent.pk), parent.name)

    @admin.display(description="Tags")
    def tag_list(self, row: Resource) -> SafeString:
        shown = format_html_join(" ", '<span class="stigmer-tag">{}</span>', ((tag,) for tag in row.tags[:TAGS_SHOWN]))
        more = len(row.tags) - TAGS_SHOWN
        return format_html("{} +{}", shown, more) if more > 0 else shown

    @admin.display(description="Last change", ordering="updated_at")
    def changed(self, row: Resource) -> SafeString:
        return format_html("{} {} by {}", row.event, moment(row.updated_at), row.updated_by)

    # One resource

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        names = ["name"] if obj else ["name", "slug", "owner_scope"]
        notes = {"fields": ["tags", "labels", "annotations"], "classes": ["collapse"]}
        sections: Fieldsets = [
            (None, {"fields": [*names, "spec", "version_message", "seen_version"]}),
            ("Tags, labels and annotations", notes),
        ]
        if obj:
            sections += [("Status", {"fields": ["status_yaml"]}), ("Audit", {"fields": [*AUDIT]})]
        return sections

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["status_yaml", *AUDIT] if obj else []

    def get_form(self, request: HttpRequest, obj: Resource | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        form = super().get_form(request, obj, change, **kwargs)
        return type("Form", (form,), {"kind": self.kind, "refusal": getattr(request, "refusal", None)})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = super().get_changeform_initial_data(request)
        if self.kind.parent and self.parent_field in given:
            return {"spec": {self.kind.parent.spec_field: given[self.parent_field]}}
        return {"spec": self.spec_example}

    @admin.display(description="Status")
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
        return [*parent_of(self.kind, row), *children(self.kind, row)]

    def render_change_form(self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any) -> HttpResponse:
        row: Resource | None = kwargs.get("obj")
        if row is not None:
            context |= {"kind": self.kind, "row": row, "relations": self.relations(row)}
            context |= {"icon": self.icon, "history_url": history_url(self.kind, row.pk)}
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        context = {"title": self.kind.plural.capitalize(), "empty_command": self.empty_command, "kind": self.kind}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Context | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **(extra_context or {})}
        return history_page(request, self.kind, object_id, context)

    # Writes

    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Context | None = None,
    ) -> Any:
        """The form, and once more with the answer in it when `actions` refuses what was sent.

        Not inside a transaction, which is Django's way: actions have their own, and wait for their turn.
        """
        try:
            return self._changeform_view(request, object_id, form_url, extra_context)
        except StigmerError as error:
            request.refusal = error  # type: ignore[attr-defined]  # read by get_form
            return self._changeform_view(request, object_id, form_url, extra_context)

    @method_decorator(csrf_protect)
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Context | None = None) -> Any:
        try:
            return self._delete_view(request, object_id, extra_context)
        except StigmerError as error:
            messages.error(request, f"{error.message}. {error.hint}".removesuffix(". "))
            return HttpResponseRedirect(change_url(self.kind, object_id))

    def save_model(self, request: HttpRequest, obj: Resource, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        from apps.resources import actions

        outcome = (actions.update if change else actions.create)(form.draft, LOCAL)
        # The page goes on with `obj`: its address and its name come from what was stored.
        obj.pk, obj.slug, obj.name = outcome.row.pk, outcome.row.slug, outcome.row.name
        for warning in form.draft.warnings:
            messages.warning(request, warning)

    def delete_model(self, request: HttpRequest, obj: Resource) -> None:
        from apps.resources import actions

        actions.delete(self.kind, obj.pk, LOCAL)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.only("pk"):
            try:
                self.delete_model(request, row)
            except StigmerError as error:
                messages.error(request, f"{error.message}. {error.hint}".removesuffix(". "))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: revisions are the record, written with the change itself."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing, as above."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing, as above."""
