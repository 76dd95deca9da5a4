"""What a run or a session is about, in a few words: their names are only ids."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Substr

from apps.resources.kind import Kind

SHOWN = 140
SAID_IN = {"AgentExecution": "message", "WorkflowExecution": "trigger_message", "Session": "subject"}
"""The field of the spec that says it, by kind."""


def with_about(kind: Kind, rows: QuerySet[Any]) -> QuerySet[Any]:
    """With `about`, cut by the database: specs may be large and lists do not read them."""
    field = SAID_IN.get(kind.name)
    said = F("name") if field is None else Coalesce(Substr(KT(f"spec__{field}"), 1, SHOWN), Value(""))
    found: QuerySet[Any] = rows.annotate(about=said)
    return found


def title_of(about: str, name: str) -> str:
    """One line: what it is about, or else its name."""
    line = " ".join(about.split())
    if not line:
        return name
    return line if len(about) < SHOWN else f"{line}…"
