from typing import Any

from django.http import HttpRequest

from apps.resources.admin.relations import Relation, owned_by
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.base import Resource
from apps.resources.caller import Caller


class OrganizationAdmin(ResourceAdmin):
    """Without add and delete: this machine always has exactly one."""

    icon = "domain"
    empty_command = "stigmer server start"

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Resource | None = None) -> bool:
        return False

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        return owned_by(row.slug, caller)
