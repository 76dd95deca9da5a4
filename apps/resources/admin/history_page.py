"""Every version of one resource on one page; it stays readable after the resource is gone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from apps.resources.admin.base import Context
from apps.resources.admin.history import entries
from apps.resources.admin.links import change_url, list_url
from apps.resources.kind import Kind


def history_page(request: HttpRequest, kind: Kind, resource_id: str, context: Context) -> HttpResponse:
    """`?before=` is where the page before ended."""
    before = request.GET.get("before", "")
    found, next_before = entries(
        kind.name, resource_id, before=int(before) if before.isascii() and before.isdigit() else None
    )
    if not found and not before:
        raise Http404
    exists = kind.model.objects.filter(pk=resource_id).exists()
    slug = found[0].revision.slug if found else resource_id
    context |= {
        "title": f"Revisions of {slug}",
        "subtitle": None,
        "kind": kind,
        "entries": found,
        "next_before": next_before,
        "is_first_page": not before,
        "resource_id": resource_id,
        "resource_url": change_url(kind, resource_id) if exists else "",
        "list_url": list_url(kind),
    }
    return render(request, "resources/history.html", context)
