"""What a run or a session is about, in a few words: nobody gives them a name."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Substr

from apps.resources.kind import Kind

SHOWN = 140
MADE_UP = re.compile(r"[a-z-]+-[0-9a-z]{26}")
SAID_IN = {"AgentExecution": "message", "WorkflowExecution": "trigger_message", "Session": "subject"}
"""The field of the spec that says it, by kind."""


def with_about(kind: Kind, rows: QuerySet[Any]) -> QuerySet[Any]:
    """With `about`, cut by the database: specs may be large and lists do not read them."""
    field = SAID_IN.get(kind.name)
    said = F("name") if field is None else Coalesce(Substr(KT(f"spec__{field}"), 1, SHOWN), Value(""))
    found: QuerySet[Any] = rows.annotate(about=said)
    return found


def title_of(about: str, otherwise: str) -> str:
    """One line."""
    line = " ".join(about.split())
    if not line:
        return otherwise
    return line if len(about) < SHOWN else f"{line}…"


def is_made_up(name: str) -> bool:
    """Whether the server named it, as it does what comes without a name: `session-01m8cz058kvdasrwbd617vnvmk`."""
    return MADE_UP.fullmatch(name) is not None


def named(name: str, pk: str) -> str:
    """What people call it: its id, unless somebody named it."""
    return pk if is_made_up(name) else name
