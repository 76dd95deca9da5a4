"""From a stored run to the plan that its workflow starts with, and from its end back into the row.

The plan is the first record in the run's step ledger (path "", attempt 0): begun when the run is claimed, ended when
Temporal has taken it. So a run that Temporal never got can be told from one that it lost.
"""

from __future__ import annotations

import json
import logging
import secrets as random_secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from apps.resources.base import Resource, Revision
from apps.resources.codec import message_class
from apps.resources.errors import InvalidInput, LeaseLost, StigmerError, Violation
from apps.resources.executions import actions
from apps.resources.executions.actions import Event
from apps.resources.executions.model import Phase
from apps.resources.executions.variables import Variables, keep_variables, kept_variables, resolve_variables
from apps.resources.json_form import to_json
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.kinds.workflow_instance.model import WorkflowInstance
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.workflows.definition import Definition, InvalidDefinition
from apps.workflows.expressions import Evaluator
from apps.workflows.interpreter.execute import trigger_input
from apps.workflows.parsing import parse_definition, unsupported_tasks
from apps.workflows.values import Json
from apps.workflows.worker import ledger
from apps.workflows.worker.crossing import RunPlan
from apps.workflows.worker.ledger import OWNER

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
CANCELLED_FIRST = "the run was cancelled before it began"


@dataclass(frozen=True)
class Pinned:
    """The revision of a workflow that a run is of."""

    spec: dict[str, Json]
    secrets: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class RunSecrets:
    """What opens and closes the placeholders of one run."""

    nonce: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


def pinned(run: WorkflowExecution, instance: WorkflowInstance) -> Pinned:
    """The definition a run is of, whatever was applied since. Raises InvalidInput when it is not kept any more."""
    workflow = instance.workflow
    if not run.definition_version_id or run.definition_version_id == workflow.version_id:
        snapshot, sealed = bytes(workflow.snapshot), workflow.secrets
    else:
        revision = Revision.objects.filter(resource_id=workflow.pk, version_id=run.definition_version_id).first()
        if revision is None:
            raise InvalidInput.at("spec.workflow_id", f"version {run.definition_version_id} of it is not kept")
        snapshot, sealed = bytes(revision.snapshot), revision.secrets
    envelope = message_class(BY_NAME["Workflow"]).FromString(snapshot)
    return Pinned(to_json(envelope.spec), sealed)  # type: ignore[attr-defined]  # every envelope has a spec


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


def check_variables(run: WorkflowExecution, instance: WorkflowInstance, definition: Pinned) -> Variables:
    """The run's variables. Raises InvalidInput naming those that its tasks mention and nobody gave a value.

    Also raises as `resolve_variables` does.
    """
    variables = resolve_variables(definition, instance, run)
    declared = (definition.spec.get("env_spec") or {}).get("data") or {}
    unset = sorted(declared.keys() - variables.keys())
    text = json.dumps(definition.spec.get("tasks")) if unset else ""
    missing = [name for name in unset if name in text]
    if missing:
        raise InvalidInput(
            (Violation(f'spec.runtime_env["{name}"]', "is used by the workflow and has no value") for name in missing),
            hint=f"Give it with --runtime-env {missing[0]}=VALUE, or in an environment of the instance",
        )
    return variables


def claim(execution_id: str, version: str) -> RunPlan | None:
    """Take a PENDING run and plan it; None when there is nothing to take. Call it inside a write transaction.

    A run that cannot begin (its environment changed since it was created) fails here, with the reason.
    """
    row = actions.claim(WORKFLOW_EXECUTION, execution_id, OWNER, seconds=LEASE_SECONDS)
    if not isinstance(row, WorkflowExecution):
        return None
    if row.cancel_requested_at:
        actions.finish(WORKFLOW_EXECUTION, execution_id, OWNER, Phase.CANCELLED, error=CANCELLED_FIRST)
        return None
    try:
        return _plan(row, version)
    except StigmerError as error:
        actions.finish(WORKFLOW_EXECUTION, execution_id, OWNER, Phase.FAILED, error=error.message)
        return None


def planned(execution_id: str) -> tuple[RunPlan, bool] | None:
    """The plan of a claimed run, and whether Temporal has taken it."""
    found = ledger.find_plan(execution_id)
    return (RunPlan(**found.result), found.has_ended) if found else None


def secrets_of(execution_id: str) -> RunSecrets:
    found = planned(execution_id)
    if found is None or not found[0].secret_names:
        return RunSecrets()
    kept = kept_variables(execution_id)
    return RunSecrets(found[0].nonce, {name: each.value for name, each in kept.items() if each.is_secret})


def finish(execution_id: str, phase: Phase, *, error: str = "", events: list[Event]) -> bool:
    """End a run. False when it has ended already, or is gone. Call it inside a write transaction."""
    try:
        actions.finish(WORKFLOW_EXECUTION, execution_id, OWNER, phase, error=error, events=events)
    except LeaseLost:
        return False
    ledger.forget(execution_id)
    return True


def _plan(row: WorkflowExecution, version: str) -> RunPlan:
    instance = row.instance
    definition = pinned(row, instance)
    variables = check_variables(row, instance, definition)
    spec = row.spec or {}
    secret_names = sorted(name for name, each in variables.items() if each.is_secret)
    plan = RunPlan(
        execution_id=row.pk,
        spec={"document": definition.spec.get("document"), "tasks": definition.spec.get("tasks")},
        input=trigger_input(spec.get("trigger_message", ""), spec.get("trigger_metadata") or {}),
        env_vars={name: each.value for name, each in variables.items() if not each.is_secret},
        secret_names=secret_names,
        nonce=random_secrets.token_hex(16),
        version=version,
    )
    keep_variables(row, variables)
    ledger.keep_plan(row.pk, asdict(plan))
    actions.append(WORKFLOW_EXECUTION, row.pk, OWNER, [Event("replaced", {"temporal_workflow_id": row.pk})])
    return plan


def as_run(execution: Resource) -> WorkflowExecution:
    if not isinstance(execution, WorkflowExecution):
        raise TypeError(f"{execution} is no run of a workflow")
    return execution
