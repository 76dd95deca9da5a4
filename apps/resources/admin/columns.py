"""What lists of resources say beyond the rows themselves, asked once for a page: projects, users, last runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.base import AnyModelAdmin
from apps.resources.admin.links import change_url, project_url
from apps.resources.admin.live.changes import tone
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Phase
from apps.resources.kind import Kind
from apps.resources.registry import AGENT, AGENT_EXECUTION, WORKFLOW, WORKFLOW_EXECUTION
from apps.resources.storage.belongings import MOST_COUNTED
from apps.resources.storage.inventory import names_of, owners_of
from apps.resources.storage.lookup import visible
from apps.resources.storage.usage import count_users

RUNS_OF: Final[dict[str, ExecutionKind]] = {AGENT.name: AGENT_EXECUTION, WORKFLOW.name: WORKFLOW_EXECUTION}
REFERRED_TO: Final = frozenset({"Environment", "McpServer", "Skill"})
"""Kinds that others refer to."""
TAGS_SHOWN: Final = 4


@dataclass(frozen=True)
class More:
    """Of one row. `project` is its key and its name, `last_run` the phase and the address of the newest."""

    project: tuple[int, str] | None = None
    used: int = 0
    last_run: tuple[str, str] | None = None


def has_project(kind: Kind) -> bool:
    return kind.is_applied and not kind.owns_by_org and not kind.is_left_by_runs


def more_of(kind: Kind, rows: Sequence[Resource], caller: Caller) -> dict[str, More]:
    """By id."""
    ids = [row.pk for row in rows]
    owners = owners_of(ids) if has_project(kind) and ids else {}
    projects = names_of(set(owners.values())) if owners else {}
    used = count_users(kind, ids, caller) if kind.name in REFERRED_TO and ids else {}
    runs = _last_runs(kind, ids, caller) if kind.name in RUNS_OF and ids else {}
    return {
        pk: More(
            project=(owners[pk], projects[owners[pk]]) if owners.get(pk) in projects else None,
            used=used.get(pk, 0),
            last_run=runs.get(pk),
        )
        for pk in ids
    }


def _last_runs(kind: Kind, ids: Sequence[str], caller: Caller) -> dict[str, tuple[str, str]]:
    of = RUNS_OF[kind.name]
    newest: Any = visible(of, caller).filter(target_id=OuterRef("pk")).order_by("-pk")  # Any: of either table
    rows = (
        visible(kind, caller)
        .filter(pk__in=ids)
        .annotate(run=Subquery(newest.values("pk")[:1]), run_phase=Subquery(newest.values("phase")[:1]))
    )
    return {
        pk: (Phase(phase).label, change_url(of, run))
        for pk, run, phase in rows.values_list("pk", "run", "run_phase")
        if run
    }


def more_columns(kind: Kind) -> list[Any]:  # Any: as Django has columns
    """The names of the columns below that a list of this kind has."""
    of_project = ["of_project"] if has_project(kind) else []
    health = ["last_run"] if kind.name in RUNS_OF else ["used_by"] if kind.name in REFERRED_TO else []
    return [*of_project, "tag_list", *health]


class MoreColumns(AnyModelAdmin):
    """The columns; their rows have `more`, which `ResourceList` asks for."""

    @admin.display(description="Tags, labels")
    def tag_list(self, row: Resource) -> SafeString:
        """An element without content where there are none: narrow pages leave its line out."""
        said = [*row.tags, *(f"{name}={value}" for name, value in sorted(row.labels.items()))]
        tags = [*said[:TAGS_SHOWN], *([f"+{len(said) - TAGS_SHOWN}"] if len(said) > TAGS_SHOWN else [])]
        shown = format_html_join(" ", '<span class="stigmer-tag">{}</span>', ((tag,) for tag in tags))
        return format_html('<span class="stigmer-tags">{}</span>', shown)

    @admin.display(description="Project")
    def of_project(self, row: Any) -> SafeString:  # Any: with what ResourceList adds
        if row.more.project is None:
            return SafeString("")
        pk, name = row.more.project
        return format_html('<a class="stigmer-link" href="{}">{}</a>', project_url(pk), name)

    @admin.display(description="Used by")
    def used_by(self, row: Any) -> SafeString:  # Any: as above
        used = row.more.used
        said = f"{MOST_COUNTED:,}+" if used > MOST_COUNTED else f"{used:,}"
        return format_html("<span>{}</span>", said) if used else SafeString("")

    @admin.display(description="Last run")
    def last_run(self, row: Any) -> SafeString:  # Any: as above
        if row.more.last_run is None:
            return SafeString("")
        state, url = row.more.last_run
        return format_html('<a class="stigmer-state stigmer-state-{}" href="{}">{}</a>', tone(state), url, state)
