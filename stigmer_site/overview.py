"""What the home page shows: how much there is, what changed last, whether the units are well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.backends.local.damage import Damage, noted
from apps.resources.admin.about import title_of, with_about
from apps.resources.admin.links import change_url, icon_of, kind_said, list_url
from apps.resources.admin.live.changes import tone
from apps.resources.admin.moments import moment
from apps.resources.admin.relations import ancestors
from apps.resources.base import Revision
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.identity import DEFAULT_SUFFIX
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS
from apps.resources.storage.lookup import visible, visible_revisions

RECENT = 10
READ_CHANGES = 300
LEFT_BY_RUNS = {"Session", "AgentExecution", "WorkflowExecution", "ExecutionContext"}
DEFAULT_INSTANCES = {kind.default_instance for kind in KINDS}
SHOWN_RUNS = 8
READ_RUNS = 20
EXECUTION_KINDS = tuple(kind for kind in KINDS if isinstance(kind, ExecutionKind))
TONES = {"READY": "good", "EXTERNAL": "good", "STARTING": "busy", "STOPPING": "busy", "BACKOFF": "bad", "FAILED": "bad"}


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


def overview(caller: Caller) -> dict[str, Any]:
    """The home page's part of the template context."""
    return {
        "tiles": [_tile(kind, caller) for kind in KINDS],
        "recent": recent_changes(caller),
        "failed": failed_runs(caller),
        "live": live_runs(caller),
        "failed_urls": [(kind.plural, list_url(kind, phase=str(Phase.FAILED.value))) for kind in EXECUTION_KINDS],
        "units": units(Path(settings.STATE_FILE)),
        "version": settings.VERSION,
        "data_dir": str(settings.DATA_DIR),
        "endpoint": settings.ENDPOINT,
    }


def recent_changes(caller: Caller) -> list[dict[str, Any]]:
    """The newest changes that somebody made.

    What runs leave behind is shown elsewhere, and default instances come and go with what they are of.
    """
    rows = visible_revisions(caller).order_by("-pk").defer("snapshot", "secrets")[:READ_CHANGES]
    changed = [row for row in rows if row.kind not in LEFT_BY_RUNS]
    owners = {(f"{row.slug}{DEFAULT_SUFFIX}", row.at) for row in changed}
    made = [row for row in changed if row.kind not in DEFAULT_INSTANCES or (row.slug, row.at) not in owners]
    return [
        {"revision": row, "kind": kind_said(row.kind), "url": _url_of(row), "when": moment(row.at)}
        for row in made[:RECENT]
    ]


def failed_runs(caller: Caller) -> list[dict[str, Any]]:
    """The newest runs that failed within a day, with the first line of why."""
    since = datetime.now(UTC) - timedelta(days=1)
    found = [run for run in _newest_runs(Phase.FAILED, caller) if run["at"] >= since]
    return sorted(found, key=lambda run: run["at"], reverse=True)[:SHOWN_RUNS]


def live_runs(caller: Caller) -> list[dict[str, Any]]:
    """The newest runs that are under way or wait for their runner."""
    found = [*_newest_runs(Phase.IN_PROGRESS, caller), *_newest_runs(Phase.PENDING, caller)]
    return sorted(found, key=lambda run: run["at"], reverse=True)[:SHOWN_RUNS]


def _newest_runs(phase: Phase, caller: Caller) -> Iterator[dict[str, Any]]:
    """Of each kind, by the index of phases; `at` is when it ended, or else began."""
    for kind in EXECUTION_KINDS:
        owner = next(f"{lookup}__name" for above, lookup in ancestors(kind) if above.parent is None)
        columns = ("pk", owner, "about", "error", "created_at", "started_at", "completed_at")
        rows = with_about(kind, visible(kind, caller).filter(phase=phase)).order_by("-pk")
        for pk, of, about, error, created, started, completed in rows.values_list(*columns)[:READ_RUNS]:
            at = completed or started or created
            yield {
                "kind": f"{kind.model._meta.verbose_name} of {of}" if about else kind.model._meta.verbose_name,
                "name": title_of(about, of),
                "url": change_url(kind, pk),
                "error": error.strip().partition("\n")[0],
                "state": phase.label,
                "tone": tone(phase.label),
                "at": at,
                "when": moment(at),
            }


def units(state_file: Path) -> list[Unit]:
    """From the daemon's state file; none when there is no daemon or its file cannot be read."""
    try:
        state = json.loads(state_file.read_text())
        found = noted(str(settings.DAMAGE_FILE))
        return [_unit(_with_damage(component, found)) for component in state["components"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _with_damage(component: dict[str, Any], found: Damage | None) -> dict[str, Any]:
    """As `stigmer server status` tells it."""
    if not found or component["name"] != "api":
        return component
    return {**component, "state": "FAILED", "reason": f"Nothing is written: {found.sentence}", "hint": found.hint}


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


def _tile(kind: Kind, caller: Caller) -> Tile:
    return Tile(kind.title, icon_of(kind), visible(kind, caller).count(), list_url(kind))


def _url_of(row: Revision) -> str:
    """Of the resource while it exists, for which its own page tells; deletions lead nowhere."""
    kind = BY_NAME.get(row.kind)
    return change_url(kind, row.resource_id) if kind and row.event != "deleted" else ""
