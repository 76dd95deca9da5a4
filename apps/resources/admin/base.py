"""The theme's ModelAdmin under a type that mypy knows."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin import helpers
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponseRedirect

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    class AnyModelAdmin(ModelAdmin[Any]):
        """With the parts of Django's own that its stubs leave out."""

        def _changeform_view(self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any) -> Any: ...
        def _get_obj_does_not_exist_redirect(
            self, request: HttpRequest, opts: Any, object_id: str
        ) -> HttpResponseRedirect: ...
        def _delete_view(self, request: HttpRequest, object_id: str, extra_context: Any) -> Any: ...
else:
    from unfold.admin import ModelAdmin

    class AnyModelAdmin(ModelAdmin):
        """The theme's, but for the way home that Django leads whoever asks for what is not there."""

        def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
            raise Http404


Fieldsets = list[tuple[Any, Any]]
Context = dict[str, Any]  # whatever templates are given

__all__ = ["AnyModelAdmin", "Context", "Fieldsets", "PageMedia", "use_theme_forms"]


class PageMedia:
    """Files of ours that a page needs beyond those of every page."""

    css: ClassVar[dict[str, list[str]]] = {"all": ["resources/resource.css"]}
    js: ClassVar[list[Any]] = [Script("resources/editor.js", type="module")]  # Any: addresses, too


def use_theme_forms() -> None:
    """What the theme does to Django's admin at the start of its own form view, which ours replaces."""
    from unfold.forms import AdminForm, Fieldline

    helpers.AdminForm = AdminForm  # type: ignore[misc]  # the theme's way of changing the markup
    helpers.Fieldline = Fieldline  # type: ignore[misc]  # as above
