"""The workflow runs behind the calls: started under a name of their position, found again by it.

They are started on behalf of who started the run that they are for. All else is the installation's own work (SYSTEM).
"""

from __future__ import annotations

from contextlib import suppress

from apps.resources.caller import SYSTEM
from apps.resources.errors import AlreadyExists, InvalidInput
from apps.resources.executions import pausing, reading
from apps.resources.executions.callbacks import wait_for_run
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import find_workflow_run
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.permission.callers import on_behalf_of
from apps.resources.registry import WORKFLOW, WORKFLOW_EXECUTION
from apps.resources.storage.lookup import Reference, find_by_reference, find_row
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.wire.json_form import to_json
from apps.shared.numbers import whole_numbers
from apps.workflows.effects import children
from apps.workflows.effects.workflow_run.call import WorkflowCall, WorkflowReply
from apps.workflows.secrets import RunSecrets

MOST_LEVELS, MOST_IN_ITSELF = 20, 5
"""Of runs that wait for one another, and of those of one workflow among them: more is taken for a circle."""


def start(call: WorkflowCall, secrets: RunSecrets, token: bytes) -> WorkflowReply | None:
    """Start the run, or give the one that is there this token. None while it works; else its reply.

    Raises LeaseLost when the run that asks has ended.
    """
    parent = children.get_parent(call)
    row = _find(call, parent.org)
    if row is None:
        with suppress(AlreadyExists):  # made by another try of the same call
            refusal = _create(call, secrets, parent, token)
            if refusal is not None or call.awaits:
                return refusal
        row = _find(call, parent.org)
        if row is None:
            return WorkflowReply(reason="failed", detail="its run was deleted")
    if not call.awaits:
        return WorkflowReply(workflow_execution_id=row.pk)
    if Phase(row.phase).is_terminal:
        return reply_of(row)
    with write_transaction():
        wait_for_run(WORKFLOW_EXECUTION, row.pk, token)
    return None


def cancel(call: WorkflowCall) -> None:
    """Cancel the run of a call that was waited for, if it was started and has not ended."""
    parent = children.find_parent(call)
    if parent is not None and call.awaits:
        children.cancel(WORKFLOW_EXECUTION, _find(call, parent.org))


def reply_of(row: WorkflowExecution) -> WorkflowReply:
    """What who waits gets of a run that has ended."""
    phase = Phase(row.phase)
    if phase is Phase.CANCELLED:
        return WorkflowReply(reason="cancelled", detail=f"{row.error or 'it was cancelled'} ({row.pk})")
    if phase is Phase.FAILED:
        return WorkflowReply(reason="failed", detail=f"{row.error or 'it failed'} ({row.pk})")
    envelope, _ = reading.current(WORKFLOW_EXECUTION, row.pk, SYSTEM)
    status = envelope.status
    output = whole_numbers(to_json(status.output)) if status.HasField("output") else None
    return WorkflowReply(workflow_execution_id=row.pk, output=output)


def _create(call: WorkflowCall, secrets: RunSecrets, parent: WorkflowExecution, token: bytes) -> WorkflowReply | None:
    """Start it. Answers why it cannot be."""
    caller = on_behalf_of(parent.created_by, parent.org)
    found = find_by_reference(WORKFLOW, Reference(slug=call.workflow), caller)
    if found is None:
        return WorkflowReply(reason="not_found", detail=f"there is no workflow {call.workflow!r} in {parent.org}")
    if secrets.are_in(str(call.input)):
        # It would be kept as the input, and shown.
        detail = "a secret cannot be part of the input; an environment of the workflow can hold it"
        return WorkflowReply(reason="failed", detail=detail)
    chain = [*_chain(parent), call.workflow]
    if len(chain) > MOST_LEVELS or chain.count(call.workflow) > MOST_IN_ITSELF:
        shape = "in a circle" if chain.count(call.workflow) > MOST_IN_ITSELF else f"{MOST_LEVELS} levels deep"
        return WorkflowReply(reason="failed", detail=f"runs wait for one another {shape}: {' > '.join(chain[-5:])}")
    texts = {name: value for name, value in call.input.items() if isinstance(value, str)}
    typed = {name: value for name, value in call.input.items() if not isinstance(value, str)}
    spec = {"workflow_id": found[0], "trigger_metadata": texts}
    try:
        draft = draft_from_json(
            WORKFLOW_EXECUTION, {"metadata": children.metadata_of(call, parent.org), "spec": spec}, caller
        )
        if not call.awaits:
            create_workflow_execution(draft, caller, typed=typed)
            return None
        draft.taken_columns["callback_token"] = token
        with write_transaction():
            made = create_workflow_execution(draft, caller, typed=typed)
            pausing.pause_with(WORKFLOW_EXECUTION, made.row.pk, parent.pk)
    except InvalidInput as error:
        return WorkflowReply(reason="failed", detail=error.message)
    return None


def _chain(run: WorkflowExecution) -> list[str]:
    """The workflows that wait for this run and the run's own, the outermost first; no more than the limit."""
    names: list[str] = []
    above: WorkflowExecution | None = run
    while above is not None and len(names) < MOST_LEVELS:
        workflow = find_row(WORKFLOW, above.target_id, SYSTEM)
        names.insert(0, workflow.slug if workflow else above.target_id)
        label = above.labels.get(children.WORKFLOW_LABEL)
        above = find_row(WORKFLOW_EXECUTION, label, SYSTEM) if label else None
    return names


def _find(call: WorkflowCall, org: str) -> WorkflowExecution | None:
    return find_workflow_run(children.name_of(call), org, SYSTEM)
