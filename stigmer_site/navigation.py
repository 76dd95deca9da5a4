"""The sidebar and the quick search, made from the registry: a new kind appears by itself."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from apps.resources.admin.about import with_about
from apps.resources.admin.links import icon_of, kind_said, list_url
from apps.resources.admin.relations import links_to
from apps.resources.api.authentication import authenticate
from apps.resources.registry import KINDS
from apps.resources.storage.lookup import visible

GROUPS = {"tenancy": "Tenancy", "agentic": "Agents and workflows", "iam": "Access"}
FOUND_PER_KIND = 5
Section = dict[str, Any]  # as unfold reads it


def sections(request: HttpRequest) -> list[Section]:
    del request
    groups: dict[str, list[Section]] = {}
    for kind in KINDS:
        title = GROUPS.get(kind.group, kind.group.capitalize())
        groups.setdefault(title, []).append({"title": kind.title, "icon": icon_of(kind), "link": list_url(kind)})
    revisions = {"title": "Revisions", "icon": "history", "link": reverse("admin:resources_revision_changelist")}
    home = {"title": "Home", "icon": "home", "link": reverse("admin:index"), "active": _is_home}
    return [
        {"items": [home, revisions]},
        *({"title": title, "items": items} for title, items in groups.items()),
    ]


def find(request: HttpRequest, words: str) -> list[Any]:
    """Resources whose name, slug or id has `words` in it, for the quick search: a few of each kind."""
    # Unfold's own result type; importing it here keeps this module free of the theme.
    from unfold.dataclasses import SearchResult

    caller, found = authenticate(request), []
    for kind in KINDS:
        rows = visible(kind, caller).filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(pk=words))
        for link in links_to(kind, with_about(kind, rows).order_by("-pk")[:FOUND_PER_KIND]):
            said = f"{kind_said(kind.name)} {link.state}".strip()
            found.append(SearchResult(title=link.title, description=said, link=link.url, icon=icon_of(kind)))
    return found


def _is_home(request: HttpRequest) -> bool:
    return request.path == reverse("admin:index")
