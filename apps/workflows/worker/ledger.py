"""The step ledger: what a step is about to do, written before it acts, and what came of it, after.

A repeat of a step (its worker died, Temporal forgot) finds the record: a result is given again instead of acting again;
a record without one is an outcome that nobody knows. Call these inside a write transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from apps.resources.executions import steps
from apps.resources.executions.actions import must_hold
from apps.resources.executions.model import StepRecord
from apps.resources.executions.queries import held_runs
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import LeaseLost
from apps.resources.secrets import vault
from apps.workflows.values import Json

PLAN_PATH, PLAN_ATTEMPT = "", 0
"""No task has this path."""
OWNER = "temporal"
"""Who holds the leases of workflow runs: Temporal, whichever process works for it."""


@dataclass(frozen=True)
class Begun:
    """The state of a step at its begin. `is_repeat`: it had begun before; `result`: what it had come to.

    `is_same_request`: what is asked for now is what was asked for then.
    """

    is_repeat: bool = False
    has_ended: bool = False
    is_same_request: bool = False
    result: Json = None


def begin(execution_id: str, path: str, attempt: int, request: Json = None) -> Begun:
    """Note that a step is about to act. Raises LeaseLost when the run has ended or gone."""
    must_hold(WORKFLOW_EXECUTION, execution_id, OWNER)
    key, request_hash = _digest(path), _digest(request)
    record, is_new = steps.begin_step(execution_id, key, attempt, path=path, request_hash=request_hash)
    if is_new:
        return Begun()
    return Begun(
        is_repeat=True,
        has_ended=record.has_ended,
        is_same_request=record.request_hash == request_hash,
        result=result_of(record) if record.has_ended else None,
    )


def end(execution_id: str, path: str, attempt: int, result: Json) -> None:
    """Keep what a step came to whose begin was noted; nothing, when its run has ended or gone meanwhile."""
    steps.end_step(execution_id, _digest(path), attempt, result=_sealed(result))


def keep(execution_id: str, path: str, attempt: int, result: Json) -> None:
    """Keep what a step came to whose begin was not noted. For whoever has seen that the run is under way."""
    steps.keep_step(execution_id, _digest(path), attempt, path=path, result=_sealed(result))


def find(execution_id: str, path: str, attempt: int) -> Begun:
    """The state of a step whose begin is not noted, for a run that is locked. Raises LeaseLost."""
    must_hold(WORKFLOW_EXECUTION, execution_id, OWNER)
    record = steps.find_step(execution_id, _digest(path), attempt)
    return Begun(is_repeat=True, has_ended=record.has_ended, result=result_of(record)) if record else Begun()


def drop(execution_id: str, path: str, attempt: int) -> None:
    """Forget what a step came to that the run does not know of."""
    steps.drop_step(execution_id, _digest(path), attempt)


def look_up(execution_id: str, path: str, attempt: int) -> Begun:
    """The state of a step whose begin is not noted, for it has no effect. Raises LeaseLost. Needs no transaction."""
    if not held_runs(WORKFLOW_EXECUTION, OWNER).filter(pk=execution_id).exists():
        raise LeaseLost(execution_id)
    record = steps.find_step(execution_id, _digest(path), attempt)
    if record is None:
        return Begun()
    return Begun(is_repeat=True, has_ended=record.has_ended, result=result_of(record))


def results_at(execution_id: str, path: str) -> list[Json]:
    """What the attempts of the step at `path` came to, of those that have ended."""
    return [result_of(record) for record in steps.attempts_at(execution_id, _digest(path)) if record.has_ended]


def keep_plan(execution_id: str, plan: Json) -> None:
    """The first record of a run: what it starts with."""
    steps.add_step(execution_id, _digest(PLAN_PATH), PLAN_ATTEMPT, path=PLAN_PATH, result=_sealed(plan))


def replace_plan(execution_id: str, plan: Json) -> None:
    """In place of the plan that came along with the ledger of another run."""
    steps.keep_step(execution_id, _digest(PLAN_PATH), PLAN_ATTEMPT, path=PLAN_PATH, result=_sealed(plan))


def kept_plans(execution_ids: Collection[str]) -> dict[str, StepRecord]:
    """The plans of runs that have not ended, or have failed a short while ago, by their ids."""
    plans = steps.steps_of(execution_ids, _digest(PLAN_PATH), PLAN_ATTEMPT)
    return {plan.execution_id: plan for plan in plans}


def result_of(record: StepRecord) -> Json:
    return json.loads(vault.unseal(record.result)) if record.result else None


def _sealed(value: Json) -> str:
    return vault.seal(json.dumps(value))


def _digest(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
