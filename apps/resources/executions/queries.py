"""Which runs: what pages and engines ask beyond a single look-up.

Engines see every run (SYSTEM): they find out whom to work for.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, TypeVar

from django.db.models import QuerySet

from apps.resources.base import OwnerScope
from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions.events import MessageAdded, TextAppended
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, ExecutionEvent, Phase
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.session.model import Session
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import AGENT_EXECUTION, SESSION, WORKFLOW_EXECUTION
from apps.resources.storage.lookup import must_exist, visible

Run = TypeVar("Run", bound=Execution)


class Lease(NamedTuple):
    """Of one run, as its row has it: `until` is another one after each renewal."""

    execution_id: str
    owner: str
    until: datetime


def runs_of_session(session_id: str, caller: Caller) -> QuerySet[AgentExecution]:
    """In no order; their ids grow with time."""
    return visible(AGENT_EXECUTION, caller).filter(session_id=session_id)


def agent_runs_of(workflow_execution_id: str, caller: Caller) -> QuerySet[AgentExecution]:
    """The runs of agents that a run of a workflow has started: they are named after it, so an index finds them."""
    first = f"{workflow_execution_id}-"
    return visible(AGENT_EXECUTION, caller).filter(slug__gt=first, slug__lt=f"{first}~")


def workflow_runs_of(workflow_execution_id: str, caller: Caller) -> QuerySet[WorkflowExecution]:
    """The runs of workflows that a run of a workflow has started, as `agent_runs_of`; the one that retries it, too."""
    first = f"{workflow_execution_id}-"
    return visible(WORKFLOW_EXECUTION, caller).filter(slug__gt=first, slug__lt=f"{first}~")


def find_agent_run(slug: str, org: str, caller: Caller) -> AgentExecution | None:
    return visible(AGENT_EXECUTION, caller).filter(slug=slug, org=org, owner_scope=OwnerScope.UNSPECIFIED).first()


def find_workflow_run(slug: str, org: str, caller: Caller) -> WorkflowExecution | None:
    return visible(WORKFLOW_EXECUTION, caller).filter(slug=slug, org=org, owner_scope=OwnerScope.ORGANIZATION).first()


def find_session_of(run: AgentExecution, caller: Caller) -> Session | None:
    """With its instance and agent; None when it is gone, and the run with it."""
    sessions = visible(SESSION, caller).select_related("agent_instance__agent")
    return sessions.filter(pk=run.session_id).first()


def held_runs(kind: ExecutionKind[Run], owner: str) -> QuerySet[Run]:
    """Those in progress whose lease `owner` holds."""
    return visible(kind, SYSTEM).filter(phase=Phase.IN_PROGRESS, lease_owner=owner)


def held_leases(kind: ExecutionKind) -> list[Lease]:
    """Of every run in progress that a process of ours works on, or did when it was last heard of."""
    held = visible(kind, SYSTEM).filter(phase=Phase.IN_PROGRESS).exclude(lease_owner="")
    rows = held.values_list("pk", "lease_owner", "lease_until")
    return [Lease(execution_id, owner, until) for execution_id, owner, until in rows if until is not None]


def is_to_cancel(kind: ExecutionKind, execution_id: str) -> bool:
    return visible(kind, SYSTEM).filter(pk=execution_id, cancel_requested_at__isnull=False).exists()


def pause_turn_of(kind: ExecutionKind, execution_id: str) -> int:
    """0 where the run is gone."""
    return visible(kind, SYSTEM).filter(pk=execution_id).values_list("pause_turn", flat=True).first() or 0


def cancel_reason_of(kind: ExecutionKind, execution_id: str) -> str:
    """Empty where nobody gave one, or the run is gone."""
    reason = visible(kind, SYSTEM).filter(pk=execution_id).values_list("cancel_reason", flat=True)
    return reason.first() or ""


def cancel_text(reason: str) -> str:
    return f"cancelled: {reason}" if reason else "cancelled"


def recorded_events(
    kind: ExecutionKind, execution_id: str, caller: Caller, *, after: int = 0
) -> QuerySet[ExecutionEvent]:
    """The events with larger numbers in their order, for who reads only some of them.

    Raises NotFound for a run that a limited caller does not see.
    """
    if caller.sight is not None:
        must_exist(kind, execution_id, caller)
    return ExecutionEvent.objects.filter(execution_id=execution_id, number__gt=after).order_by("number")


def message_events(
    kind: ExecutionKind, execution_id: str, index: int, caller: Caller, *, before: int
) -> QuerySet[ExecutionEvent]:
    """Those that a message is made of, as `recorded_events`: its begin, and its pieces."""
    events = recorded_events(kind, execution_id, caller).filter(number__lt=before)
    return events.filter(type__in=[MessageAdded.type, TextAppended.type], data__index=index)
