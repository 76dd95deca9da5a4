"""Which runs: what pages and engines ask about many of them at once."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.resources.base import OwnerScope
from apps.resources.caller import Caller
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.storage.lookup import visible


def runs_of_session(session_id: str, caller: Caller) -> QuerySet[AgentExecution]:
    """In no order; their ids grow with time."""
    return _agent_runs(caller).filter(session_id=session_id)


def agent_runs_of(workflow_execution_id: str, caller: Caller) -> QuerySet[AgentExecution]:
    """The runs of agents that a run of a workflow has started: they are named after it, so an index finds them."""
    first = f"{workflow_execution_id}-"
    return _agent_runs(caller).filter(slug__gt=first, slug__lt=f"{first}~")


def find_agent_run(slug: str, org: str, caller: Caller) -> AgentExecution | None:
    return _agent_runs(caller).filter(slug=slug, org=org, owner_scope=OwnerScope.UNSPECIFIED).first()


def _agent_runs(caller: Caller) -> QuerySet[AgentExecution]:
    rows: QuerySet[Any] = visible(AGENT_EXECUTION, caller)
    return rows
