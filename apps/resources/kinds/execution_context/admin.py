from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from apps.resources.admin.links import change_url, icon_of
from apps.resources.admin.read_only import ReadOnlyAdmin
from apps.resources.admin.relations import Link, Relation
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.registry import execution_kind_of


class ExecutionContextAdmin(ReadOnlyAdmin):
    """The environments of runs under way, secrets masked."""

    icon = "inventory_2"
    empty_command = "stigmer run"
    listed = ("execution_id",)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["title", "run", "changed"]

    @admin.display(description="Run")
    def run(self, row: ExecutionContext) -> str:
        kind = execution_kind_of(row.execution_id)
        if kind is None:
            return row.execution_id
        url = change_url(kind, row.execution_id)
        return format_html('<a class="stigmer-link" href="{}">{}</a>', url, row.execution_id)

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """The run that it was made for."""
        if not isinstance(row, ExecutionContext) or (kind := execution_kind_of(row.execution_id)) is None:
            return []
        return [Relation("Run", icon_of(kind), [Link(row.execution_id, change_url(kind, row.execution_id))])]
