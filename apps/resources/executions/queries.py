"""Which runs: what pages and engines ask beyond a single look-up.

Engines see every run (SYSTEM): they find out whom to work for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import QuerySet

from apps.resources.base import OwnerScope
from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions.events import MessageAdded, SignalChanged, TextAppended
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, ExecutionEvent, Phase, RunSignal, SignalKind
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.session.model import Session
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import AGENT, AGENT_EXECUTION, AGENT_INSTANCE, SESSION, WORKFLOW_EXECUTION
from apps.resources.storage.lookup import must_exist, read_row, visible
from apps.resources.storage.statements import find_newest

EARLIER_AT_ONCE: Final = 100
"""Rows of a session that are read in one statement."""
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


def awaited_runs_of(kind: ExecutionKind, workflow_execution_id: str) -> list[str]:
    """The ids of the runs of a kind, not ended yet, that a run of a workflow has started and waits for."""
    first = f"{workflow_execution_id}-"
    started = visible(kind, SYSTEM).filter(slug__gt=first, slug__lt=f"{first}~", is_waited_for=True)
    return [*started.filter(phase__lt=Phase.COMPLETED).order_by("pk").values_list("pk", flat=True)]


def find_agent_run(slug: str, org: str, caller: Caller) -> AgentExecution | None:
    return visible(AGENT_EXECUTION, caller).filter(slug=slug, org=org, owner_scope=OwnerScope.UNSPECIFIED).first()


def find_workflow_run(slug: str, org: str, caller: Caller) -> WorkflowExecution | None:
    return visible(WORKFLOW_EXECUTION, caller).filter(slug=slug, org=org, owner_scope=OwnerScope.ORGANIZATION).first()


def find_session_of(run: AgentExecution, caller: Caller) -> Session | None:
    """With its instance and agent; None when it is gone, and the run with it.

    Three statements that are made already: a join of the three, assembled for each run, took a tenth of its work.
    """
    session = read_row(SESSION, run.session_id, caller)
    instance = read_row(AGENT_INSTANCE, session.agent_instance_id, SYSTEM) if session else None
    agent = read_row(AGENT, instance.agent_id, SYSTEM) if instance else None
    if session is None or instance is None or agent is None:
        return None
    instance.agent, session.agent_instance = agent, instance
    return session


def ended_before(run: AgentExecution, caller: Caller) -> Iterator[str]:
    """The ids of the runs of its session that came before a run and have ended, the newest first."""
    if caller.sight is None:
        of = {"session_id": run.session_id}
        rows = find_newest(AgentExecution, ("phase",), of, before=run.pk, most=sys.maxsize, at_once=EARLIER_AT_ONCE)
        return (run_id for run_id, phase in rows if phase >= Phase.COMPLETED)
    ended = runs_of_session(run.session_id, caller).filter(pk__lt=run.pk, phase__gte=Phase.COMPLETED)
    return iter(ended.order_by("-pk").values_list("pk", flat=True))


def oldest_pending(model: type[Execution], most: int) -> QuerySet[Execution, Any]:  # Any: these columns
    """Those that nobody has taken and nobody is taking: id, attempts, and what their engine is told by the claim."""
    pending = model.objects.filter(phase=Phase.PENDING).order_by("pk").select_for_update(skip_locked=True)
    return pending.values_list("pk", "attempt", "pause_turn", "signals")[:most]


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


def unused_signals(execution_id: str) -> list[SignalChanged]:
    """What is said at the end of a run of the signals that none of its tasks took: each name once, with the last."""
    left = RunSignal.objects.filter(execution_id=execution_id, taken_at=None).exclude(kind=SignalKind.QUERY)
    found: dict[str, SignalChanged] = {}
    for name, number in left.order_by("number").values_list("name", "number"):
        count = found[name].count + 1 if name in found else 1
        found[name] = SignalChanged(number, name, "unused", count=count)
    return [*found.values()]
