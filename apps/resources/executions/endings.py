"""Runs that have ended since a position of the journal: each once, in the order of their ends.

Left out are those of projects that want nobody told.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from apps.notices.gathering import Ending
from apps.resources.caller import SYSTEM
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.registry import AGENT, AGENT_EXECUTION, EXECUTION_KINDS, WORKFLOW, WORKFLOW_EXECUTION
from apps.resources.storage import journal
from apps.resources.storage.inventory import projects_of
from apps.resources.storage.journal import Noted, Position
from apps.resources.storage.lookup import visible

TOLD = (Phase.COMPLETED, Phase.FAILED)


def ended_after(position: Position) -> tuple[list[Ending], Position]:
    """Those noted next, and how far this went. Runs that a workflow started are a matter of that.

    Raises PositionGone.
    """
    journal.must_know(position)
    noted = journal.read_after(position)
    endings = [ending for kind in EXECUTION_KINDS for ending in _ended(kind, noted)]
    return sorted(endings, key=lambda each: (each.at, each.run)), noted[-1].position if noted else position


def _ended(kind: ExecutionKind, noted: Iterable[Noted]) -> list[Ending]:
    # A run is noted at each phase, and when its labels change: what is told is the note that was made at its end.
    notes = {(each.resource_id, each.position.at) for each in noted if each.kind == kind.name}
    if not notes:
        return []
    ended = visible(kind, SYSTEM).filter(pk__in={run for run, _ in notes}, phase__in=TOLD)
    rows = [(row, at) for row in _rows(kind, ended) if (at := row.completed_at) is not None]
    rows = [(row, at) for row, at in rows if (row.pk, journal.microseconds(at)) in notes]
    of = AGENT if kind is AGENT_EXECUTION else WORKFLOW
    targets = {row.target_id for row, _ in rows}
    names = dict(visible(of, SYSTEM).filter(pk__in=targets).values_list("pk", "slug"))
    projects = projects_of(targets)
    return [
        Ending(
            row.pk,
            of.name.lower(),
            row.target_id,
            names.get(row.target_id, ""),
            projects[row.target_id].name if row.target_id in projects else "",
            row.phase == Phase.FAILED,
            row.error,
            at.timestamp(),
        )
        for row, at in rows
        if row.target_id not in projects or projects[row.target_id].notifies
    ]


def _rows(kind: ExecutionKind, ended: QuerySet[Execution]) -> list[Execution]:
    if kind is AGENT_EXECUTION:
        ended = ended.exclude(slug__startswith=f"{WORKFLOW_EXECUTION.prefix}-")
    return list(ended.filter(completed_at__isnull=False).only("pk", "target_id", "phase", "error", "completed_at"))
