"""Views of a list: those that every list has, and those that somebody has put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.resources.admin.links import list_url
from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.storage.saved_views import saved_views


@dataclass(frozen=True)
class View:
    name: str
    url: str
    is_shown: bool
    is_own: bool = False


def views_of(kind: Kind, query: str, built_in: Sequence[tuple[str, str]], caller: Caller) -> list[View]:
    """`query` is that of the list which is shown, `built_in` are names and queries."""
    shown = list_url(kind)
    own = [
        View(view.name, f"{shown}?{view.query}", view.query == query, True) for view in saved_views(kind.name, caller)
    ]
    return [*(View(name, f"{shown}?{asked}", asked == query) for name, asked in built_in), *own]
