"""Addresses inside the admin."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse

from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME

DEFAULT_ICON = "deployed_code"


def list_url(kind: Kind, **filters: str) -> str:
    url = reverse(f"admin:resources_{kind.model._meta.model_name}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url


def add_url(kind: Kind, **initial: str) -> str:
    url = reverse(f"admin:resources_{kind.model._meta.model_name}_add")
    return f"{url}?{urlencode(initial)}" if initial else url


def change_url(kind: Kind, resource_id: str) -> str:
    return reverse(f"admin:resources_{kind.model._meta.model_name}_change", args=[resource_id])


def edit_url(kind: Kind, resource_id: str) -> str:
    return reverse(f"admin:resources_{kind.model._meta.model_name}_edit", args=[resource_id])


def delete_url(kind: Kind, resource_id: str) -> str:
    return reverse(f"admin:resources_{kind.model._meta.model_name}_delete", args=[resource_id])


def history_url(kind: Kind, resource_id: str) -> str:
    return reverse(f"admin:resources_{kind.model._meta.model_name}_history", args=[resource_id])


def completion_url(kind: Kind) -> str:
    """What its editor asks for what can stand in a spec."""
    return reverse(f"admin:resources_{kind.model._meta.model_name}_completion")


def restore_url(kind: Kind, resource_id: str, number: int) -> str:
    return reverse(f"admin:resources_{kind.model._meta.model_name}_restore", args=[resource_id, number])


def kind_said(name: str) -> str:
    """`AgentInstance` as people say it: `agent instance`. Revisions keep names of kinds that may be gone."""
    kind = BY_NAME.get(name)
    return name if kind is None else str(kind.model._meta.verbose_name)


def icon_of(kind: Kind) -> str:
    """Name of a symbol of the theme's icon font."""
    return str(getattr(admin.site.get_model_admin(kind.model), "icon", DEFAULT_ICON))


def project_url(project_id: int) -> str:
    return reverse("admin:resources_project_change", args=[project_id])
