"""Every version of one resource on one page; it stays readable after the resource is gone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.resources.admin.base import Context
from apps.resources.admin.history import entries
from apps.resources.admin.links import change_url
from apps.resources.api.authentication import authenticate
from apps.resources.kind import Kind
from apps.resources.storage.lookup import visible


def history_page(
    request: HttpRequest, kind: Kind, resource_id: str, context: Context, *, is_editable: bool
) -> HttpResponse:
    """`?before=` is where the page before ended. What is there and editable can be made what it was."""
    caller, before = authenticate(request), request.GET.get("before", "")
    found, next_before = entries(
        kind.name, resource_id, caller, before=int(before) if before.isascii() and before.isdigit() else None
    )
    if not found and not before:
        raise Http404
    row = visible(kind, caller).only("pk", "name", "slug", "version").filter(pk=resource_id).first()
    name = row.name if row else found[0].revision.slug if found else resource_id
    context |= {
        "title": f"Revisions of {name}",
        "subtitle": None,
        "kind": kind,
        "entries": found,
        "can_restore": row is not None and is_editable,
        "next_before": next_before,
        "is_first_page": not before,
        "resource_id": resource_id,
        "resource_url": change_url(kind, resource_id) if row else "",
        "original": row,
    }
    return render(request, "resources/history.html", context)
