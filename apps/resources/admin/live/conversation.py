"""The runs of a session as the turns of one conversation, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.urls import reverse

from apps.resources.admin.links import change_url
from apps.resources.caller import Caller
from apps.resources.executions.queries import runs_of_session
from apps.resources.registry import AGENT_EXECUTION

PAGE = 20


@dataclass(frozen=True)
class Turn:
    """One run and where its events are."""

    id: str
    name: str
    url: str
    news_url: str


def turns(session_id: str, caller: Caller, *, before: str = "") -> list[Turn]:
    """The newest page of turns, or the page before a turn; oldest first, as a conversation is read."""
    rows = runs_of_session(session_id, caller)
    if before:
        rows = rows.filter(pk__lt=before)
    newest = rows.order_by("-pk").values_list("pk", "name")[:PAGE]
    return [_turn(pk, name) for pk, name in reversed(newest)]


def older_than(session_id: str, shown: Sequence[Turn], caller: Caller) -> str:
    """Where the page before this one ends; empty when there is none."""
    if len(shown) < PAGE:
        return ""
    first = shown[0].id
    return first if runs_of_session(session_id, caller).filter(pk__lt=first).exists() else ""


def turns_after(session_id: str, after: str, caller: Caller) -> list[dict[str, Any]]:
    rows = runs_of_session(session_id, caller).filter(pk__gt=after).order_by("pk")
    return [asdict(_turn(pk, name)) for pk, name in rows.values_list("pk", "name")[:PAGE]]


def _turn(pk: str, name: str) -> Turn:
    return Turn(pk, name, change_url(AGENT_EXECUTION, pk), reverse("admin:resources_agentexecution_news", args=[pk]))
