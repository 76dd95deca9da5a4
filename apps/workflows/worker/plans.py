"""The plan that a run's workflow starts with: made when the run is created, taken when it is claimed.

It is the first record in the run's step ledger (path "", attempt 0). With it a run can be started as often as need be.
"""

from __future__ import annotations

import logging
import secrets as random_secrets
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache

from apps.resources.errors import InvalidInput, Violation
from apps.resources.executions import actions
from apps.resources.executions.model import Phase, StepRecord
from apps.resources.executions.queries import held_runs, pause_turn_of
from apps.resources.executions.variables import (
    keep_variables,
    kept_variables,
    resolve_variables,
    secret_values,
)
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.kinds.workflow_instance.model import WorkflowInstance
from apps.resources.registry import WORKFLOW, WORKFLOW_EXECUTION
from apps.resources.secrets import vault
from apps.resources.storage.lookup import find_revision
from apps.resources.wire.codec import message_class
from apps.resources.wire.json_form import to_json
from apps.workflows.definition import Definition, InvalidDefinition
from apps.workflows.expressions import Evaluator
from apps.workflows.parsing import parse_definition, unsupported_tasks
from apps.workflows.secrets import RunSecrets
from apps.workflows.values import Json
from apps.workflows.worker import ending, ledger
from apps.workflows.worker.asked import check_input, check_variables, read_input
from apps.workflows.worker.contracts import RunPlan
from apps.workflows.worker.ledger import OWNER

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
LARGEST_KEPT = 64 * 2**10
"""Bytes of an envelope whose spec is kept in memory for the next run."""


@dataclass(frozen=True)
class Pinned:
    """The revision of a workflow that a run is of."""

    spec: dict[str, Json]
    secrets: dict[str, str] = field(repr=False)


def pinned(run: WorkflowExecution, instance: WorkflowInstance) -> Pinned:
    """The definition a run is of, whatever was applied since. Raises InvalidInput when it is not kept any more."""
    workflow = instance.workflow
    if not run.definition_version_id or run.definition_version_id == workflow.version_id:
        snapshot, sealed = bytes(workflow.snapshot), workflow.secrets
    else:
        revision = find_revision(workflow.pk, run.definition_version_id)
        if revision is None:
            raise InvalidInput.at("spec.workflow_id", f"version {run.definition_version_id} of it is not kept")
        snapshot, sealed = bytes(revision.snapshot), revision.secrets
    return Pinned(_kept_spec(snapshot) if len(snapshot) <= LARGEST_KEPT else _spec_of(snapshot), sealed)


def judge(spec: dict[str, Json], evaluator: Evaluator | None) -> Definition:
    """The definition, if this version can run it. Raises InvalidInput naming every task that keeps it from that."""
    try:
        definition = parse_definition(spec, evaluator)
    except InvalidDefinition as invalid:
        raise InvalidInput(Violation(problem.path, problem.message) for problem in invalid.problems) from None
    unsupported = unsupported_tasks(definition)
    if unsupported:
        raise InvalidInput(
            (
                Violation(task.path, f"task {task.name} of kind {task.kind} cannot be run by this version")
                for task in unsupported
            ),
            hint="The workflow stays deployed; a later version may run it",
        )
    return definition


@lru_cache(maxsize=64)
def _kept_spec(snapshot: bytes) -> dict[str, Json]:
    """As `_spec_of`, kept for the next run of the same. Nobody may change it."""
    return _spec_of(snapshot)


def _spec_of(snapshot: bytes) -> dict[str, Json]:
    """The spec in a workflow's envelope."""
    envelope = message_class(WORKFLOW).FromString(snapshot)
    return to_json(envelope.spec)  # type: ignore[attr-defined]  # every envelope has a spec


def prepare(run: WorkflowExecution, asked: dict[str, Json], evaluator: Evaluator, version: str) -> None:
    """Plan a run that is being created, and keep the plan in the transaction that stores the run.

    So it begins as it was asked for, whatever is applied or deleted until then. A secret that was typed into its input
    is one there, too. Raises as `judge`, `read_input`, `check_input`, `resolve_variables` and `check_variables` do.
    """
    definition = pinned(run, run.instance)
    judged = judge(definition.spec, evaluator)
    given = read_input(asked)
    check_input(given, judged)
    variables = resolve_variables(definition, run.instance, run)
    check_variables(variables, definition.spec, judged)
    nonce = random_secrets.token_hex(16)
    close = RunSecrets(nonce, secret_values(variables), seal=vault.seal, unseal=vault.unseal).close
    plan = RunPlan(
        execution_id=run.pk,
        spec={"document": definition.spec.get("document"), "tasks": definition.spec.get("tasks")},
        input=close(given.as_data),
        input_texts=[text for text in given.short_texts if close(text) == text],
        is_input_strict=True,
        env_vars=close({name: each.value for name, each in variables.items() if not each.is_secret}),
        secret_names=sorted(name for name, each in variables.items() if each.is_secret),
        nonce=nonce,
        version=version,
    )
    keep_variables(run, variables)
    ledger.keep_plan(run.pk, asdict(plan))


def claim(most: int) -> list[RunPlan]:
    """Take the oldest runs that nobody has taken, at most so many. Call it inside a write transaction.

    One whose plan cannot be read fails here: it must not keep the others from starting.
    """
    claimed = actions.claim_pending(WORKFLOW_EXECUTION, OWNER, seconds=LEASE_SECONDS, most=most)
    kept = ledger.kept_plans(claimed)
    taken = []
    for execution_id, turn in claimed.items():
        try:
            taken.append(replace(_opened(kept[execution_id]), pause_turn=turn))
        except Exception as error:
            logger.exception("execution %s: its plan cannot be read", execution_id)
            ending.finish(execution_id, Phase.FAILED, error=f"its plan cannot be read: {type(error).__name__}")
    return taken


def planned(execution_id: str) -> RunPlan | None:
    """The plan of a run that has not ended."""
    if not held_runs(WORKFLOW_EXECUTION, OWNER).filter(pk=execution_id).exists():
        return None
    plan = kept_plan(execution_id)
    return replace(plan, pause_turn=pause_turn_of(WORKFLOW_EXECUTION, execution_id)) if plan else None


def kept_plan(execution_id: str) -> RunPlan | None:
    """The plan of a run that has not ended, or has failed a short while ago."""
    kept = ledger.kept_plans([execution_id]).get(execution_id)
    return _opened(kept) if kept else None


def secrets_of(execution_id: str) -> RunSecrets:
    plan = planned(execution_id)
    if plan is None or not plan.secret_names:
        return RunSecrets()
    kept = kept_variables(execution_id)
    return RunSecrets(plan.nonce, secret_values(kept), seal=vault.seal, unseal=vault.unseal)


def _opened(kept: StepRecord) -> RunPlan:
    return RunPlan(**ledger.result_of(kept))
