"""What the home page shows: how much there is, what changed last, whether the units are well."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.resources.admin.links import change_url, icon_of, list_url
from apps.resources.admin.moments import moment
from apps.resources.base import Revision
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS

RECENT = 10
FAILED = 5
NEVER = datetime.min.replace(tzinfo=UTC)
TONES = {"READY": "good", "STARTING": "busy", "STOPPING": "busy", "BACKOFF": "bad", "FAILED": "bad"}


@dataclass(frozen=True)
class Tile:
    """How many resources of a kind there are."""

    title: str
    icon: str
    count: int
    url: str


@dataclass(frozen=True)
class Unit:
    """One supervised process as the daemon last saw it. `tone` is good, busy, bad or idle."""

    name: str
    state: str
    tone: str
    address: str
    reason: str
    hint: str
    restarts: int
    since: datetime | None


def overview() -> dict[str, Any]:
    """The home page's part of the template context."""
    return {
        "tiles": [_tile(kind) for kind in KINDS],
        "recent": recent_changes(),
        "failed": failed_runs(),
        "units": units(Path(settings.STATE_FILE)),
        "version": settings.VERSION,
        "data_dir": str(settings.DATA_DIR),
        "endpoint": settings.ENDPOINT,
    }


def recent_changes() -> list[dict[str, Any]]:
    rows = Revision.objects.order_by("-pk").defer("snapshot", "secrets")[:RECENT]
    return [{"revision": row, "url": _url_of(row), "when": moment(row.at)} for row in rows]


def failed_runs() -> list[dict[str, Any]]:
    """The newest runs of each kind that failed, with the first line of why."""
    found = []
    for kind in KINDS:
        if isinstance(kind, ExecutionKind):
            rows = (
                kind.model.objects.filter(phase=Phase.FAILED)
                .order_by("-pk")
                .only("pk", "name", "error", "completed_at")
            )
            found += [(kind, row) for row in rows[:FAILED]]
    newest = sorted(found, key=lambda pair: pair[1].completed_at or NEVER, reverse=True)[:FAILED]
    return [
        {
            "kind": kind.name,
            "name": row.name,
            "url": change_url(kind, row.pk),
            "error": row.error.strip().partition("\n")[0],
            "when": moment(row.completed_at) if row.completed_at else "",
        }
        for kind, row in newest
    ]


def units(state_file: Path) -> list[Unit]:
    """From the daemon's state file; none when there is no daemon or its file cannot be read."""
    try:
        state = json.loads(state_file.read_text())
        return [_unit(component) for component in state["components"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _unit(component: dict[str, Any]) -> Unit:
    name = str(component.get("state", "STOPPED"))
    since = component.get("since")
    return Unit(
        name=str(component["name"]),
        state=name.lower(),
        tone=TONES.get(name, "idle"),
        address=str(component.get("address", "")),
        reason=str(component.get("reason", "") or component.get("stage", "")),
        hint=str(component.get("hint", "")),
        restarts=max(0, int(component.get("starts", 1)) - 1),
        since=datetime.fromtimestamp(float(since), UTC) if since else None,
    )


def _tile(kind: Kind) -> Tile:
    return Tile(kind.plural.capitalize(), icon_of(kind), kind.model.objects.count(), list_url(kind))


def _url_of(row: Revision) -> str:
    """Of the resource while it exists, for which its own page tells; deletions lead nowhere."""
    kind = BY_NAME.get(row.kind)
    return change_url(kind, row.resource_id) if kind and row.event != "deleted" else ""
