"""The theme's ModelAdmin under a type that mypy knows."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import helpers
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    class AnyModelAdmin(ModelAdmin[Any]):
        """With the parts of Django's own that its stubs leave out."""

        def _changeform_view(self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any) -> Any: ...
        def _delete_view(self, request: HttpRequest, object_id: str, extra_context: Any) -> Any: ...
else:
    from unfold.admin import ModelAdmin as AnyModelAdmin

Fieldsets = list[tuple[Any, Any]]
Context = dict[str, Any]  # whatever templates are given

__all__ = ["AnyModelAdmin", "Context", "Fieldsets", "use_theme_forms"]


def use_theme_forms() -> None:
    """What the theme does to Django's admin at the start of its own form view, which ours replaces."""
    from unfold.forms import AdminForm, Fieldline

    helpers.AdminForm = AdminForm  # type: ignore[misc]  # the theme's way of changing the markup
    helpers.Fieldline = Fieldline  # type: ignore[misc]  # as above
