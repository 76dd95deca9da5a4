"""How the last runs of something went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.utils.safestring import SafeString

from apps.resources.admin.about import named, title_of, with_about
from apps.resources.admin.links import change_url, list_url
from apps.resources.admin.live.changes import tone
from apps.resources.admin.moments import duration, moment
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.kind import Kind
from apps.resources.storage.belongings import kinds_below
from apps.resources.storage.lookup import visible

JUDGED = 30
LISTED = 5
COLUMNS = ("pk", "name", "about", "phase", "created_at", "seconds", "error")


@dataclass(frozen=True)
class LastRun:
    title: str
    url: str
    state: str
    when: SafeString
    took: str
    error: str
    """The first line of it."""

    @property
    def tone(self) -> str:
        return tone(self.state)


@dataclass(frozen=True)
class Health:
    """The newest runs, newest first, and what they say together."""

    runs: list[LastRun]
    summary: str
    """`27 of the last 30 completed, 3 failed; half of them took less than 2.1 s`."""
    url: str
    """The list of all of them."""

    @property
    def newest(self) -> list[LastRun]:
        return self.runs[:LISTED]

    @property
    def oldest_first(self) -> list[LastRun]:
        return self.runs[::-1]


def health_of(kind: Kind, row: Resource, caller: Caller) -> Health | None:
    """None for what nobody runs."""
    found = next(((child, path) for child, path in kinds_below(kind) if isinstance(child, ExecutionKind)), None)
    if found is None:
        return None
    child, path = found
    rows = with_about(child, visible(child, caller).filter(**{path: row.pk})).order_by("-pk").values(*COLUMNS)[:JUDGED]
    runs = [_run(child, each) for each in rows]
    seconds = [each["seconds"] for each in rows if each["seconds"] is not None]
    return Health(runs, in_words(runs, seconds), list_url(child, **{path: row.pk}))


def in_words(runs: Sequence[LastRun], seconds: Sequence[float]) -> str:
    """One sentence without its full stop; empty where nothing has run."""
    counts = Counter(run.state for run in runs)
    if not counts:
        return ""
    of_what = f"the last {len(runs)}" if len(runs) == JUDGED else f"{len(runs)}"
    first = "completed" if "completed" in counts else counts.most_common(1)[0][0]
    rest = sorted(counts.keys() - {first}, key=lambda state: (state != "failed", state))
    others = [f"{counts[state]} {state}" for state in rest]
    said = ", ".join([f"{counts[first]} of {of_what} {first}", *others])
    if len(seconds) < 2:  # noqa: PLR2004 - one has no half
        return said
    return f"{said}; half of them took less than {duration(timedelta(seconds=median(seconds)))}"


def _run(kind: ExecutionKind, row: dict[str, Any]) -> LastRun:  # Any: values of several columns
    taken = row["seconds"]
    return LastRun(
        title=title_of(row["about"], named(row["name"], row["pk"])),
        url=change_url(kind, row["pk"]),
        state=Phase(row["phase"]).label,
        when=moment(row["created_at"]),
        took="" if taken is None else duration(timedelta(seconds=taken)),
        error=row["error"].partition("\n")[0],
    )
