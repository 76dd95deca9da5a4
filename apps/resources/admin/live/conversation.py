"""The runs of a session as the turns of one conversation, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.urls import reverse

from apps.resources.admin.links import change_url
from apps.resources.admin.live.changes import tone
from apps.resources.caller import Caller
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import runs_of_session
from apps.resources.registry import AGENT_EXECUTION

PAGE = 20
READ = ("pk", "name", "phase", "spec__message")
SHOWN = 2000
"""Characters of a message."""


@dataclass(frozen=True)
class Turn:
    """One run and where its events are."""

    id: str
    name: str
    url: str
    news_url: str
    phase: str
    tone: str
    message: str
    """What was asked, for who reads it without scripts; only its beginning."""


def turns(session_id: str, caller: Caller, *, before: str = "") -> list[Turn]:
    """The newest page of turns, or the page before a turn; oldest first, as a conversation is read."""
    rows = runs_of_session(session_id, caller)
    if before:
        rows = rows.filter(pk__lt=before)
    newest = rows.order_by("-pk").values_list(*READ)[:PAGE]
    return [_turn(*values) for values in reversed(newest)]


def older_than(session_id: str, shown: Sequence[Turn], caller: Caller) -> str:
    """Where the page before this one ends; empty when there is none."""
    if len(shown) < PAGE:
        return ""
    first = shown[0].id
    return first if runs_of_session(session_id, caller).filter(pk__lt=first).exists() else ""


def turns_after(session_id: str, after: str, caller: Caller) -> list[dict[str, Any]]:
    rows = runs_of_session(session_id, caller).filter(pk__gt=after).order_by("pk")
    return [asdict(_turn(*values)) for values in rows.values_list(*READ)[:PAGE]]


def _turn(pk: str, name: str, phase: int, message: str | None) -> Turn:
    news_url, state = reverse("admin:resources_agentexecution_news", args=[pk]), Phase(phase).label
    return Turn(pk, name, change_url(AGENT_EXECUTION, pk), news_url, state, tone(state), (message or "")[:SHOWN])
