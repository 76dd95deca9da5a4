"""The step ledger: what a step is about to do, written before it acts, and what came of it, after.

A repeat of a step (its worker died, Temporal forgot) finds the record: a result is given again instead of acting again;
a record without one is an outcome that nobody knows. Call these inside a write transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from apps.resources.errors import LeaseLost
from apps.resources.executions.model import Phase, StepRecord
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.secrets import vault
from apps.resources.storage.statements import insert_rows
from apps.workflows.values import Json

PLAN_PATH, PLAN_ATTEMPT = "", 0
"""No task has this path."""
OWNER = "temporal"
"""Who holds the leases of workflow runs: Temporal, whichever process works for it."""


@dataclass(frozen=True)
class Begun:
    """The state of a step at its begin. `is_repeat`: it had begun before; `result`: what it had come to."""

    is_repeat: bool = False
    has_ended: bool = False
    result: Json = None


def begin(execution_id: str, path: str, attempt: int, request: Json = None) -> Begun:
    """Note that a step is about to act. Raises LeaseLost when the run has ended or gone."""
    _must_be_under_way(execution_id)
    record, is_new = StepRecord.objects.get_or_create(
        execution_id=execution_id,
        key=_digest(path),
        attempt=attempt,
        defaults={"path": path, "request_hash": _digest(request), "began_at": timezone.now()},
    )
    if is_new:
        return Begun()
    return Begun(is_repeat=True, has_ended=record.has_ended, result=result_of(record) if record.has_ended else None)


def end(execution_id: str, path: str, attempt: int, result: Json) -> None:
    """Keep what a step came to, whether or not its begin was noted."""
    now = timezone.now()
    ended = {"has_ended": True, "result": vault.seal(json.dumps(result)), "ended_at": now}
    StepRecord.objects.update_or_create(
        execution_id=execution_id,
        key=_digest(path),
        attempt=attempt,
        defaults=ended,
        create_defaults={**ended, "path": path, "began_at": now},
    )


def look_up(execution_id: str, path: str, attempt: int) -> Begun:
    """The state of a step whose begin is not noted, for it has no effect. Raises LeaseLost. Needs no transaction."""
    _must_be_under_way(execution_id)
    record = StepRecord.objects.filter(execution_id=execution_id, key=_digest(path), attempt=attempt).first()
    if record is None:
        return Begun()
    return Begun(is_repeat=True, has_ended=record.has_ended, result=result_of(record))


def keep_plan(execution_id: str, plan: Json) -> None:
    """The first record of a run: what it starts with."""
    record = StepRecord(
        execution_id=execution_id,
        key=_digest(PLAN_PATH),
        path=PLAN_PATH,
        attempt=PLAN_ATTEMPT,
        began_at=timezone.now(),
        result=vault.seal(json.dumps(plan)),
    )
    insert_rows([record])


def kept_plans(execution_ids: Collection[str]) -> dict[str, StepRecord]:
    """The plans of runs that have not ended, by their ids."""
    plans = StepRecord.objects.filter(execution_id__in=execution_ids, key=_digest(PLAN_PATH), attempt=PLAN_ATTEMPT)
    return {plan.execution_id: plan for plan in plans}


def result_of(record: StepRecord) -> Json:
    return json.loads(vault.unseal(record.result)) if record.result else None


def _must_be_under_way(execution_id: str) -> None:
    held = WorkflowExecution.objects.filter(pk=execution_id, lease_owner=OWNER, phase=Phase.IN_PROGRESS)
    if not held.exists():
        raise LeaseLost(execution_id)


def _digest(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
