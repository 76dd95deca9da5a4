"""Kinds that are looked at, not edited: runs and what they leave behind. They can be deleted."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.resources.admin.base import Fieldsets
from apps.resources.admin.highlight import yaml_block
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.admin.yaml_text import to_yaml
from apps.resources.base import Resource


class ReadOnlyAdmin(ResourceAdmin):
    show_add_link = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Resource | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        return [(None, {"fields": ["spec_yaml"]}), ("Status", {"fields": ["status_yaml", "record"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["spec_yaml", "status_yaml", "record"]

    @admin.display(description="Spec")
    def spec_yaml(self, row: Resource) -> SafeString:
        return yaml_block(to_yaml(row.spec)) or SafeString("Empty.")
