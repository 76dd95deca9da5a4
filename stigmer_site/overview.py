"""What the home page shows: what waits for somebody, what fails, what runs and ran, whether the units are well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.backends.local.damage import Damage, noted
from apps.resources.admin.about import title_of, with_about
from apps.resources.admin.links import change_url, kind_said, list_url
from apps.resources.admin.live.changes import tone
from apps.resources.admin.moments import moment
from apps.resources.admin.relations import ancestors
from apps.resources.base import Revision
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase, Waiting
from apps.resources.identity import DEFAULT_SUFFIX
from apps.resources.registry import BY_NAME, KINDS
from apps.resources.storage.lookup import visible, visible_revisions
from stigmer_site.charts import periods
from stigmer_site.failing import failing

RECENT = 10
READ_CHANGES = 300
DEFAULT_INSTANCES = {kind.default_instance for kind in KINDS}
SHOWN_RUNS = 8
READ_RUNS = 20
EXECUTION_KINDS = tuple(kind for kind in KINDS if isinstance(kind, ExecutionKind))
TONES = {"READY": "good", "EXTERNAL": "good", "STARTING": "busy", "STOPPING": "busy", "BACKOFF": "bad", "FAILED": "bad"}


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
    now, over = failing(caller)
    waiting, shown_units = waiting_runs(caller), units(Path(settings.STATE_FILE))
    charts, is_whole = periods(caller)
    return {
        "waiting": waiting,
        "failing": now,
        "recovered": over,
        "live": live_runs(caller),
        "periods": charts,
        "is_whole": is_whole,
        "recent": recent_changes(caller),
        "lists": [(kind.title, list_url(kind)) for kind in EXECUTION_KINDS],
        "units": shown_units,
        "home_title": _title(len(waiting), len(now), sum(unit.tone == "bad" for unit in shown_units)),
        "version": settings.VERSION,
        # Where one unit of many has its files, and how it is, is nothing for those who visit it.
        "is_local": not settings.CLOUD,
        "data_dir": str(settings.DATA_DIR),
        "endpoint": settings.ENDPOINT,
    }


def _title(waiting: int, failing_now: int, unwell: int) -> str:
    """For the tab of the browser: how it stands, the worst first."""
    parts = [(unwell, "not well"), (failing_now, "failing"), (waiting, "waiting")]
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "Home"


def recent_changes(caller: Caller) -> list[dict[str, Any]]:
    """The newest changes that somebody made.

    What runs leave behind is shown elsewhere, and default instances come and go with what they are of.
    """
    rows = visible_revisions(caller).filter(of_running=False).order_by("-pk")
    changed = list(rows.defer("snapshot", "secrets")[:READ_CHANGES])
    owners = {(f"{row.slug}{DEFAULT_SUFFIX}", row.at) for row in changed}
    made = [row for row in changed if row.kind not in DEFAULT_INSTANCES or (row.slug, row.at) not in owners]
    return [
        {"revision": row, "kind": kind_said(row.kind), "url": _url_of(row), "when": moment(row.at)}
        for row in made[:RECENT]
    ]


def waiting_runs(caller: Caller) -> list[dict[str, Any]]:
    """The newest runs that go on when somebody has them do so."""
    found = _newest_runs(Phase.IN_PROGRESS, caller, waiting=Waiting.PAUSED)
    return sorted(found, key=lambda run: run["at"], reverse=True)[:SHOWN_RUNS]


def live_runs(caller: Caller) -> list[dict[str, Any]]:
    """The newest runs that are under way or wait for their runner."""
    works = _newest_runs(Phase.IN_PROGRESS, caller, waiting=Waiting.NOTHING)
    found = [*works, *_newest_runs(Phase.PENDING, caller)]
    return sorted(found, key=lambda run: run["at"], reverse=True)[:SHOWN_RUNS]


def _newest_runs(phase: Phase, caller: Caller, **conditions: str) -> Iterator[dict[str, Any]]:
    """Of each kind, by the index of phases; `at` is when it ended, or else began."""
    for kind in EXECUTION_KINDS:
        owner = next(f"{lookup}__name" for above, lookup in ancestors(kind) if above.parent is None)
        columns = ("pk", owner, "about", "error", "created_at", "started_at", "completed_at")
        rows = with_about(kind, visible(kind, caller).filter(phase=phase, **conditions)).order_by("-pk")
        for pk, of, about, error, created, started, completed in rows.values_list(*columns)[:READ_RUNS]:
            at = completed or started or created
            yield {
                "kind": f"{kind.model._meta.verbose_name} of {of}" if about else kind.model._meta.verbose_name,
                "name": title_of(about, of),
                "url": change_url(kind, pk),
                "error": error.strip().partition("\n")[0],
                "state": conditions.get("waiting") or phase.label,
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


def _url_of(row: Revision) -> str:
    """Of the resource while it exists, for which its own page tells; deletions lead nowhere."""
    kind = BY_NAME.get(row.kind)
    return change_url(kind, row.resource_id) if kind and row.event != "deleted" else ""
