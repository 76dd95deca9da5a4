"""What of a run has no end when the run ends: its tasks, its tool calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from django.utils import timezone

from apps.resources.caller import SYSTEM
from apps.resources.executions.event_base import Event, timestamp
from apps.resources.executions.events import TaskChanged, ToolCalled, event_of
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.queries import recorded_events

NOT_FINISHED: Final = "not finished: the run ended"
NOT_MADE: Final = "not made: the run ended"


def ends_of(kind: ExecutionKind, execution_id: str) -> list[Event]:
    """The ends of what a run has begun, or planned, by what is recorded of it."""
    tasks: dict[str, TaskChanged] = {}
    calls: dict[str, ToolCalled] = {}
    wanted = (TaskChanged.type, ToolCalled.type)
    for event in map(event_of, recorded_events(kind, execution_id, SYSTEM).filter(type__in=wanted)):
        if isinstance(event, TaskChanged):
            tasks[event.id] = event
        elif isinstance(event, ToolCalled):
            calls[event.id] = event
    return [*ends_of_tasks(tasks.values()), *_ends_of_calls(calls.values())]


def ends_of_tasks(tasks: Iterable[TaskChanged]) -> list[Event]:
    """Those of `tasks` that have none: skipped, or failed with their run."""
    now = timestamp(timezone.now())
    events: list[Event] = []
    for task in tasks:
        if task.status == "PENDING":
            events.append(replace(task, status="SKIPPED"))
        elif task.status == "IN_PROGRESS":
            events.append(replace(task, status="FAILED", error="the run ended", completed_at=now))
    return events


def _ends_of_calls(calls: Iterable[ToolCalled]) -> Iterator[Event]:
    now = timestamp(timezone.now())
    for call in calls:
        if not call.completed_at and call.status not in ("COMPLETED", "FAILED"):
            error = NOT_FINISHED if call.status == "RUNNING" else NOT_MADE
            yield replace(call, status="FAILED", error=error, completed_at=now)
