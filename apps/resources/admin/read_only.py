"""Kinds that are looked at, not edited: runs and what they leave behind. They can be deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.resources.admin.base import Fieldsets
from apps.resources.admin.history import code
from apps.resources.admin.moments import exact
from apps.resources.admin.resource import AUDIT, ResourceAdmin
from apps.resources.admin.yaml_text import to_yaml
from apps.resources.base import Resource
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase

TONES = {Phase.PENDING: "idle", Phase.IN_PROGRESS: "busy", Phase.COMPLETED: "good", Phase.FAILED: "bad"}


class ReadOnlyAdmin(ResourceAdmin):
    show_add_link = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Resource | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        return [(None, {"fields": ["spec_yaml"]}), ("Status", {"fields": ["status_yaml", *AUDIT]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["spec_yaml", "status_yaml", *AUDIT]

    @admin.display(description="Spec")
    def spec_yaml(self, row: Resource) -> SafeString:
        return code(to_yaml(row.spec)) or SafeString("Empty.")


class RunAdmin(ReadOnlyAdmin):
    empty_command = "stigmer run"
    listed = ("phase", "started_at", "completed_at")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["title", "belongs_to", "phase_label", "took", "changed"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return ["phase", *super().get_list_filter(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Resource | None = None) -> Fieldsets:
        run = ("Run", {"fields": ["phase_label", "started", "completed", "error"]})
        return [run, *super().get_fieldsets(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Resource | None = None) -> list[str]:
        return ["phase_label", "started", "completed", "error", *super().get_readonly_fields(request, obj)]

    @admin.display(description="Phase", ordering="phase")
    def phase_label(self, row: Execution) -> SafeString:
        phase = Phase(row.phase)
        tone = TONES.get(phase, "idle")
        return format_html('<span class="stigmer-state stigmer-state-{}">{}</span>', tone, phase.label)

    @admin.display(description="Took")
    def took(self, row: Execution) -> str:
        if row.started_at is None or row.completed_at is None:
            return ""
        return f"{(row.completed_at - row.started_at).total_seconds():.1f} s"

    @admin.display(description="Started")
    def started(self, row: Execution) -> str:
        return exact(row.started_at) if row.started_at else ""

    @admin.display(description="Completed")
    def completed(self, row: Execution) -> str:
        return exact(row.completed_at) if row.completed_at else ""

    @admin.display(description="Observed")
    def status_yaml(self, row: Resource) -> SafeString:
        """The status as callers read it: until a run ends, it is made of its events."""
        # The generated messages: only this page needs them.
        from apps.resources.codec import message_class, to_json
        from apps.resources.executions.reading import get_snapshot

        if not isinstance(self.kind, ExecutionKind):
            raise TypeError(f"{self.kind} is no kind of run")
        envelope = to_json(message_class(self.kind).FromString(get_snapshot(self.kind, row.pk)))
        status = envelope.get("status", {})
        status.pop("audit", None)
        return code(to_yaml(status)) or SafeString("Nothing has been seen yet.")
