"""The sidebar and the quick search, made from the registry: a new kind appears by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from apps.resources.admin.about import with_about
from apps.resources.admin.links import icon_of, kind_said, list_url
from apps.resources.admin.relations import PROJECT_ICON, links_to
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.registry import KINDS
from apps.resources.storage.belongings import MOST_COUNTED, count_each
from apps.resources.storage.lookup import visible

GROUPS = {"tenancy": "Tenancy", "agentic": "Agents and workflows", "iam": "Access"}
FOUND_PER_KIND = 5
Section = dict[str, Any]  # as unfold reads it


class Counts:
    """How many there are of each kind, in their order: counted anew after some seconds, not for every page."""

    MOST: ClassVar[int] = 200
    """Callers who are remembered; without a sight all see the same."""

    def __init__(self, seconds: float = 3.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock = seconds, clock
        self._known: dict[str, tuple[float, list[int]]] = {}

    def of(self, caller: Caller) -> list[int]:
        key = "" if caller.sight is None else caller.actor
        at, counts = self._known.get(key, (float("-inf"), []))
        now = self.clock()
        if now - at >= self.seconds:
            counts = count_each([visible(kind, caller) for kind in KINDS])
            if len(self._known) >= self.MOST:
                self._known = {}
            self._known[key] = now, counts
        return counts


COUNTS = Counts()


def sections(request: HttpRequest) -> list[Section]:
    caller = authenticate(request)
    counts = COUNTS.of(caller)
    groups: dict[str, list[Section]] = {}
    for kind, count in zip(KINDS, counts, strict=True):
        title = GROUPS.get(kind.group, kind.group.capitalize())
        item = {"title": kind.title, "icon": icon_of(kind), "link": list_url(kind), "count": _in_words(count)}
        groups.setdefault(title, []).append(item)
    revisions = {"title": "Revisions", "icon": "history", "link": reverse("admin:resources_revision_changelist")}
    projects = {"title": "Projects", "icon": PROJECT_ICON, "link": reverse("admin:resources_project_changelist")}
    home = {"title": "Home", "icon": "home", "link": reverse("admin:index"), "active": _is_home}
    return [
        {"items": [home, projects, revisions]},
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


def _in_words(count: int) -> str:
    return f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"
