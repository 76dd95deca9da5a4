"""List pages whose cost does not depend on the size of the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.resources.api.authentication import authenticate
from apps.resources.registry import BY_MODEL, KINDS, ORGANIZATION
from apps.resources.storage.inventory import in_project, visible_projects
from apps.resources.storage.lookup import visible

MAX_CHOICES = 50
ENDLESS = 10**9


if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
    AnyPage = Page[Any]
else:
    AnyPaginator, AnyPage = Paginator, Page


# The theme decides by this name whether it can show a total.
class InfinitePaginator(AnyPaginator):
    """Never counts: it reads one row more than it shows to learn whether there is a next page."""

    template_name = "resources/pagination.html"
    count = ENDLESS
    has_more = False

    def page(self, number: int | str) -> AnyPage:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows = list(self.object_list[first : first + self.per_page + 1])
        self.has_more = len(rows) > self.per_page
        return AnyPage(rows[: self.per_page], number, self)


class OrganizationFilter(SimpleListFilter):
    """By owner. The choices come from the organizations, not from a search through the table."""

    title = "organization"
    parameter_name = "org"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        del model_admin
        rows = visible(ORGANIZATION, authenticate(request)).order_by("slug")
        return list(rows.values_list("slug", "name")[:MAX_CHOICES])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        return queryset.filter(org=self.value()) if self.value() else queryset


class ProjectFilter(SimpleListFilter):
    """By the project that owns it, or what it belongs to. The newest projects are offered."""

    title = "project"
    parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        del model_admin
        rows = visible_projects(authenticate(request)).order_by("-pk")
        return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:MAX_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if not chosen.isdecimal():
            return queryset
        project = visible_projects(authenticate(request)).filter(pk=chosen).first()
        return queryset.none() if project is None else in_project(queryset, project)


class ParentFilter(SimpleListFilter):
    """By the resource it belongs to, once a link has chosen one; there are too many to offer."""

    parameter_name = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name)
        if not chosen:
            return []
        model = model_admin.model
        for step in self.parameter_name.split("__"):
            model = model._meta.get_field(step).related_model
        parents = visible(BY_MODEL[model], authenticate(request))
        name = parents.filter(pk=chosen).values_list("name", flat=True).first()
        return [(chosen, name or chosen)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class KindFilter(SimpleListFilter):
    """Of revisions."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        del request, model_admin
        return [(kind.name, kind.title) for kind in KINDS if not kind.is_left_by_runs]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        return queryset.filter(kind=self.value()) if self.value() else queryset


class EventFilter(SimpleListFilter):
    """Of revisions."""

    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        del request, model_admin
        return [(event, event.capitalize()) for event in ("created", "updated", "deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        return queryset.filter(event=self.value()) if self.value() else queryset


def parent_filter(lookup: str, title: str) -> type[ParentFilter]:
    """`lookup` leads from the listed kind to the one above it: `session__agent_instance`."""
    return type("ParentFilter", (ParentFilter,), {"parameter_name": lookup, "title": title})


def is_offered(lookup: str, filters: Iterable[Any]) -> bool:
    """Whether one of a list's filters goes by this parameter."""
    return any(lookup == each.parameter_name for each in filters)
