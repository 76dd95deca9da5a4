"""The writing half of a resource's admin: every change goes through `actions`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from apps.resources.admin.base import AnyModelAdmin, Context, use_theme_forms
from apps.resources.admin.forms import ResourceForm, sentences
from apps.resources.admin.links import change_url
from apps.resources.admin.relations import counts_below
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.errors import StigmerError
from apps.resources.kind import Kind
from apps.resources.registry import BY_MODEL
from apps.resources.storage.lookup import visible


class WritesByActions(AnyModelAdmin):
    form = ResourceForm
    delete_confirmation_template = delete_selected_confirmation_template = "resources/delete.html"

    def __init__(self, model: type[Resource], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.kind: Kind = BY_MODEL[model]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(self.kind, authenticate(request)).order_by(*self.get_ordering(request))

    def get_form(self, request: HttpRequest, obj: Resource | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        said = {"kind": self.kind, "caller": authenticate(request), "refusal": getattr(request, "refusal", None)}
        return type("Form", (form,), said)

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
        use_theme_forms()
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
            messages.error(request, sentences(error))
            return HttpResponseRedirect(change_url(self.kind, object_id))

    def save_model(self, request: HttpRequest, obj: Resource, form: Any, change: bool) -> None:
        from apps.resources.writes import actions

        outcome = (actions.update if change else actions.create)(form.draft, authenticate(request))
        # The page goes on with `obj`: its address and its name come from what was stored.
        obj.pk, obj.slug, obj.name = outcome.row.pk, outcome.row.slug, outcome.row.name
        for warning in outcome.warnings:
            messages.warning(request, warning)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes, as names, and how much goes with it. Django's own would load all of that."""
        rows = list(objs)
        counts = counts_below(self.kind, [row.pk for row in rows], authenticate(request))
        return [str(row) for row in rows], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Resource) -> None:
        from apps.resources.writes import actions

        actions.delete(self.kind, obj.pk, authenticate(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.only("pk"):
            try:
                self.delete_model(request, row)
            except StigmerError as error:
                messages.error(request, sentences(error))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: revisions are the record, written with the change itself."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing, as above."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing, as above."""
