"""Starting a run once more, with what it was given."""

from __future__ import annotations

import json
from dataclasses import replace

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.executions.listing import input_of
from apps.resources.executions.model import Execution
from apps.resources.executions.variables import given_variables
from apps.resources.kinds.session.model import Session
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import SESSION, execution_kind_of
from apps.resources.running.start import TARGETS, RunRequest, start_run
from apps.resources.storage.lookup import get_row
from apps.shared.annotations import RERUN_OF
from apps.shared.masking import MASK


def rerun(execution_id: str, caller: Caller, *, is_pinned: bool) -> bytes:
    """A new run, as `start_run` answers it. Raises NotFound, InvalidInput, and as `start_run`."""
    kind = execution_kind_of(execution_id)
    if kind is None:
        raise NotFound("execution", execution_id)
    row = get_row(kind, execution_id, caller)
    spec = row.spec or {}
    message, given = spec.get("message") or spec.get("trigger_message") or "", input_of(row)
    if MASK in message or MASK in json.dumps(given):
        hint = "Start it with `stigmer run`, and give the secret as a variable: --runtime-env secret:NAME"
        raise InvalidInput.at(
            "execution_id", "was given a secret in its message or input, which is not kept", hint=hint
        )
    wanted = replace(request_of(row, caller), annotations={RERUN_OF: row.pk})
    if is_pinned and isinstance(row, WorkflowExecution):
        wanted = replace(wanted, version_id=row.definition_version_id)
    return start_run(wanted, caller)


def request_of(row: Execution, caller: Caller) -> RunRequest:
    """What a run was asked for with, to ask for another one. Raises NotFound, SecretUnreadable."""
    spec, given = row.spec or {}, input_of(row)
    target, key = _target(row, caller)
    return RunRequest(
        target=TARGETS[target],
        key=key,
        message=spec.get("message") or spec.get("trigger_message") or "",
        input={name: value for name, value in given.items() if not isinstance(value, str)},
        input_texts={name: value for name, value in given.items() if isinstance(value, str)},
        environments=tuple(row.environments),
        runtime_env={
            name: {"value": each.value, "is_secret": each.is_secret} for name, each in given_variables(row).items()
        },
        model=(spec.get("execution_config") or {}).get("model_name", ""),
        labels=row.labels,
    )


def _target(row: Execution, caller: Caller) -> tuple[str, str]:
    """What it was a run of: a field of TARGETS, and an id."""
    if isinstance(row, WorkflowExecution):
        return "workflow_instance", row.instance_id
    session: Session = get_row(SESSION, (row.spec or {}).get("session_id", ""), caller)
    return "agent_instance", session.agent_instance_id
