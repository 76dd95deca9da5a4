"""The theme's ModelAdmin under a type that mypy knows."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    AnyModelAdmin = ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as AnyModelAdmin

Fieldsets = list[tuple[str | None, dict[str, Any]]]
Context = dict[str, Any]  # whatever templates are given

__all__ = ["AnyModelAdmin", "Context", "Fieldsets"]
