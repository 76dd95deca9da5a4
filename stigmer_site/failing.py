"""What fails now: the failures of the last day, those of one cause together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.utils.safestring import SafeString

from apps.resources.admin.links import change_url, list_url
from apps.resources.admin.moments import moment
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.registry import AGENT, AGENT_EXECUTION, EXECUTION_KINDS, WORKFLOW
from apps.resources.storage.lookup import visible
from apps.shared.failure_groups import cause

READ: Final = 200
"""Failed runs of each kind that are looked at."""
SHOWN: Final = 8
NAMES: Final = 3
LONGEST: Final = 240
WORDS: Final = 12


@dataclass
class Group:
    """Failures of one cause. `has_recovered`: whatever failed so has succeeded since."""

    kind: ExecutionKind
    error: str
    last_url: str
    last_at: datetime
    has_recovered: bool = True
    count: int = 0
    names: dict[str, str] = field(default_factory=dict)
    """Of what failed so, with their addresses."""

    @property
    def when(self) -> SafeString:
        return moment(self.last_at)

    @property
    def shown_names(self) -> list[tuple[str, str]]:
        return [*self.names.items()][:NAMES]

    @property
    def more_names(self) -> int:
        return max(0, len(self.names) - NAMES)

    @property
    def url(self) -> str:
        """The list of these runs, as nearly as their words tell them."""
        return list_url(self.kind, phase=str(Phase.FAILED.value), since="24h", error=_words(self.error))


def failing(caller: Caller) -> tuple[list[Group], list[Group]]:
    """Those of which something fails still, and those that succeeded since; the most frequent first."""
    groups = [group for kind in EXECUTION_KINDS for group in _groups(kind, caller)]
    ranked = sorted(groups, key=lambda group: (group.count, group.last_at), reverse=True)
    now, over = ([group for group in ranked if group.has_recovered is is_over] for is_over in (False, True))
    return now[:SHOWN], over[:SHOWN]


def _groups(kind: ExecutionKind, caller: Caller) -> Iterator[Group]:
    since = datetime.now(UTC) - timedelta(days=1)
    rows = visible(kind, caller).filter(phase=Phase.FAILED).order_by("-pk")
    columns = ("pk", "target_id", "error", "completed_at")
    failed = [row for row in rows.values_list(*columns)[:READ] if row[3] is not None and row[3] >= since]
    targets = _targets(kind, {row[1] for row in failed}, caller)
    found: dict[str, Group] = {}
    for pk, target_id, error, at in failed:
        line = error.strip().partition("\n")[0][:LONGEST] or "Nothing was said about why."
        group = found.setdefault(cause(line), Group(kind, line, change_url(kind, pk), at))
        group.count += 1
        group.last_at = max(group.last_at, at)
        name, url, last_phase = targets.get(target_id, ("", "", Phase.FAILED))
        group.has_recovered = group.has_recovered and last_phase == Phase.COMPLETED
        if name:
            group.names.setdefault(name, url)
    yield from found.values()


def _targets(kind: ExecutionKind, ids: set[str], caller: Caller) -> dict[str, tuple[str, str, Any]]:
    """By id: slug, address, and how the newest run that ended by itself did."""
    of = AGENT if kind is AGENT_EXECUTION else WORKFLOW
    ended = visible(kind, caller).filter(target_id=OuterRef("pk"), phase__in=(Phase.COMPLETED, Phase.FAILED))
    rows = visible(of, caller).filter(pk__in=ids).annotate(last=Subquery(ended.order_by("-pk").values("phase")[:1]))
    return {pk: (slug, change_url(of, pk), last) for pk, slug, last in rows.values_list("pk", "slug", "last")}


def _words(error: str) -> str:
    """What the errors of one cause have in common, for the index of words."""
    parts = re.split(r"[^\w#]+", cause(error))
    return " ".join([part for part in parts if part and "#" not in part][:WORDS])
