"""Agent runs that a workflow waits for: started under a name of their position, found again by it."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from apps.resources.annotations import TEMPERATURE
from apps.resources.base import OwnerScope
from apps.resources.caller import SYSTEM, on_behalf_of
from apps.resources.errors import AlreadyExists, IllegalTransition, InvalidInput, LeaseLost, NotFound
from apps.resources.executions import actions, reading
from apps.resources.executions.model import Phase
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import AGENT, AGENT_EXECUTION
from apps.resources.storage.lookup import Reference, find_by_reference
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.wire.json_form import to_json
from apps.workflows.secrets import UnknownSecret, conceal, mask, reveal
from apps.workflows.values import Json
from apps.workflows.worker.contracts import AgentInput, AgentReply
from apps.workflows.worker.plans import RunSecrets

logger = logging.getLogger(__name__)

WORKFLOW_LABEL = "stigmer.ai/workflow-execution"
TASK_ANNOTATION = "stigmer.ai/workflow-task"
_AI = 2
"""MessageType of the contract."""
_SCOPES = {"platform": 1, "organization": 2, "identity_account": 3}


def name_of(execution_id: str, path: str, attempt: int) -> str:
    """The name of the agent run of one call: the same for every repeat of it."""
    digest = hashlib.sha256(f"{attempt} {path}".encode()).hexdigest()[:16]
    return f"{execution_id}-{digest}"


def start(request: AgentInput, secrets: RunSecrets, token: bytes) -> AgentReply | None:
    """Start the run, or give the one that is there this token. None while it works; else its reply.

    Raises LeaseLost when the workflow run has ended.
    """
    run = WorkflowExecution.objects.filter(pk=request.execution_id, phase=Phase.IN_PROGRESS).first()
    if run is None:
        raise LeaseLost(request.execution_id)
    row = _find(request, run.org)
    if row is None:
        try:
            return _create(request, secrets, run, token)
        except AlreadyExists:
            row = _find(request, run.org)
            if row is None:
                raise
    if Phase(row.phase).is_terminal:
        return reply_of(row)
    with write_transaction():
        AgentExecution.objects.filter(pk=row.pk).update(callback_token=token, callback_done_at=None, is_waited_for=True)
    return None


def cancel(request: AgentInput, reason: str) -> None:
    """Cancel the run of a call, if it was started and has not ended."""
    run = WorkflowExecution.objects.filter(pk=request.execution_id).first()
    row = _find(request, run.org) if run else None
    if row is not None:
        try:
            actions.request_cancel(AGENT_EXECUTION, row.pk, reason, SYSTEM)
        except (IllegalTransition, NotFound):
            logger.debug("agent execution %s has ended by itself", row.pk)


def reply_of(row: AgentExecution) -> AgentReply:
    """What the workflow gets of an agent run that has ended. Secrets of the workflow are closed by its caller."""
    phase = Phase(row.phase)
    if phase is Phase.CANCELLED:
        return AgentReply(reason="cancelled", detail=row.error or "the agent was cancelled")
    if phase is Phase.FAILED:
        return AgentReply(reason="failed", detail=row.error or "the agent failed")
    envelope, _ = reading.current(AGENT_EXECUTION, row.pk, SYSTEM)
    return AgentReply(answer=_answer(row, envelope.status))


def closed(reply: AgentReply, secrets: RunSecrets) -> AgentReply:
    """The reply with the workflow's secrets behind their placeholders."""
    answer, detail = conceal([reply.answer, reply.detail], secrets.nonce, secrets.values)
    return AgentReply(answer, reply.reason, detail)


def _answer(row: AgentExecution, status: Any) -> dict[str, Json]:  # Any: AgentExecutionStatus
    spoken = [message for message in status.messages if message.type == _AI]
    last = spoken[-1] if spoken else None
    metadata: dict[str, Json] = to_json(last.metadata) if last is not None else {}
    response = last.content if last is not None else ""
    return {
        "agent_execution_id": row.pk,
        "response": response,
        "structured": metadata.pop("structured", None),
        "usage": metadata.pop("usage", {}),
        "metadata": {"session_id": row.session_id, "messages": len(status.messages), **metadata},
    }


def _create(request: AgentInput, secrets: RunSecrets, run: WorkflowExecution, token: bytes) -> AgentReply | None:
    caller = on_behalf_of(run.created_by, run.org)
    wanted = Reference(slug=request.agent, owner_scope=_SCOPES.get(request.scope, 0))
    found = find_by_reference(AGENT, wanted, caller)
    if found is None:
        return AgentReply(reason="not_found", detail=f"there is no agent {request.agent!r} in {run.org}")
    if mask(request.message, secrets.nonce) != request.message:
        # It would be kept in the conversation, and read by the model's host.
        return AgentReply(reason="failed", detail="a secret cannot be part of a message; pass it in `env`")
    name = name_of(request.execution_id, request.path, request.attempt)
    annotations = {TASK_ANNOTATION: request.path}
    if request.temperature is not None:
        annotations[TEMPERATURE] = f"{request.temperature:g}"
    try:
        spec: dict[str, Json] = {
            "agent_id": found[0],
            "message": request.message,
            "runtime_env": {key: _variable(value, secrets) for key, value in request.env.items()},
        }
    except UnknownSecret as error:
        return AgentReply(reason="failed", detail=str(error))
    if request.model:
        spec["execution_config"] = {"model_name": request.model}
    metadata = {
        "name": name,
        "slug": name,
        "org": run.org,
        "labels": {WORKFLOW_LABEL: request.execution_id},
        "annotations": annotations,
    }
    try:
        draft = draft_from_json(AGENT_EXECUTION, {"metadata": metadata, "spec": spec}, caller)
        draft.taken_columns["callback_token"] = token
        create_agent_execution(draft, caller)
    except InvalidInput as error:
        return AgentReply(reason="failed", detail=error.message)
    return None


def _variable(value: str, secrets: RunSecrets) -> dict[str, Json]:
    opened = reveal(value, secrets.nonce, lambda name: _lookup(name, secrets))
    return {"value": opened, "is_secret": opened != value}


def _lookup(name: str, secrets: RunSecrets) -> str:
    if name not in secrets.values:
        raise UnknownSecret(name)
    return secrets.values[name]


def _find(request: AgentInput, org: str) -> AgentExecution | None:
    slug = name_of(request.execution_id, request.path, request.attempt)
    found: AgentExecution | None = AgentExecution.objects.filter(
        slug=slug, org=org, owner_scope=OwnerScope.UNSPECIFIED
    ).first()
    return found
