"""The agent runs behind the calls: started under a name of their position, found again by it.

They are started on behalf of who started the workflow's run. All else is the installation's own work (SYSTEM).
"""

from __future__ import annotations

from typing import Any

from apps.resources.caller import SYSTEM
from apps.resources.errors import AlreadyExists, InvalidInput
from apps.resources.executions import reading
from apps.resources.executions.callbacks import wait_for_run
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import find_agent_run
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.permission.callers import on_behalf_of
from apps.resources.registry import AGENT, AGENT_EXECUTION
from apps.resources.run_errors import SkillMissing
from apps.resources.storage.lookup import Reference, find_by_reference
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.wire.json_form import to_json
from apps.shared.annotations import TEMPERATURE
from apps.shared.numbers import whole_numbers
from apps.workflows.effects import children
from apps.workflows.effects.agent_call.call import AgentCall, AgentReply
from apps.workflows.secrets import RunSecrets, UnknownSecret
from apps.workflows.values import Json

TOKENS = ("input_tokens", "output_tokens")
_AI, _TOOL = 2, 3
"""MessageType of the contract."""
_SCOPES = {"platform": 1, "organization": 2, "identity_account": 3}


def start(call: AgentCall, secrets: RunSecrets, token: bytes) -> AgentReply | None:
    """Start the run, or give the one that is there this token. None while it works; else its reply.

    Raises LeaseLost when the workflow run has ended.
    """
    run = children.get_parent(call)
    row = _find(call, run.org)
    if row is None:
        try:
            return _create(call, secrets, run, token)
        except AlreadyExists:
            row = _find(call, run.org)
            if row is None:
                raise
    if Phase(row.phase).is_terminal:
        return reply_of(row)
    with write_transaction():
        wait_for_run(AGENT_EXECUTION, row.pk, token)
    return None


def cancel(call: AgentCall) -> None:
    """Cancel the run of a call, if it was started and has not ended."""
    run = children.find_parent(call)
    children.cancel(AGENT_EXECUTION, _find(call, run.org) if run else None)


def reply_of(row: AgentExecution) -> AgentReply:
    """What the workflow gets of an agent run that has ended."""
    phase = Phase(row.phase)
    if phase is Phase.CANCELLED:
        return AgentReply(reason="cancelled", detail=row.error or "the agent was cancelled")
    if phase is Phase.FAILED:
        return AgentReply(reason="failed", detail=row.error or "the agent failed")
    answer = answer_of(row)
    if answer["response"] is None:
        return AgentReply(reason="failed", detail="the agent made its calls and ended without an answer")
    return AgentReply(answer=answer)


def answer_of(row: AgentExecution) -> dict[str, Json]:
    """What a run that has completed answers. Its `response` is None where the model's last word was a call."""
    envelope, _ = reading.current(AGENT_EXECUTION, row.pk, SYSTEM)
    status = envelope.status
    spoken = [message for message in status.messages if message.type == _AI]
    last = spoken[-1] if spoken else None
    metadata: dict[str, Json] = whole_numbers(to_json(last.metadata)) if last is not None else {}
    response = last.content if last is not None else ""
    if status.messages and status.messages[-1].type == _TOOL:
        response = None
    return {
        "agent_execution_id": row.pk,
        "response": response,
        "structured": metadata.pop("structured", None),
        "usage": metadata.pop("usage", None) or _usage(status.messages),
        "metadata": {"session_id": row.session_id, "messages": len(status.messages), **metadata},
    }


def _usage(messages: Any) -> dict[str, Json]:  # Any: a repeated AgentMessage
    """The tokens of all turns, those of summaries included, as far as they were told."""
    turns = [to_json(message.metadata) for message in messages]
    told = {name: [turn[name] for turn in turns if isinstance(turn.get(name), float)] for name in TOKENS}
    return {name: int(sum(counts)) for name, counts in told.items()}


def _create(call: AgentCall, secrets: RunSecrets, run: WorkflowExecution, token: bytes) -> AgentReply | None:
    caller = on_behalf_of(run.created_by, run.org)
    wanted = Reference(slug=call.agent, owner_scope=_SCOPES.get(call.scope, 0))
    found = find_by_reference(AGENT, wanted, caller)
    if found is None:
        return AgentReply(reason="not_found", detail=f"there is no agent {call.agent!r} in {run.org}")
    if secrets.are_in(call.message):
        # It would be kept in the conversation, and read by the model's host.
        return AgentReply(reason="failed", detail="a secret cannot be part of a message; pass it in `env`")
    try:
        spec: dict[str, Json] = {
            "agent_id": found[0],
            "message": secrets.masker.text(call.message),
            "runtime_env": {key: _variable(value, secrets) for key, value in call.env.items()},
        }
    except UnknownSecret as error:
        return AgentReply(reason="failed", detail=str(error))
    if call.model:
        spec["execution_config"] = {"model_name": call.model}
    metadata = children.metadata_of(call, run.org)
    if call.temperature is not None:
        metadata["annotations"][TEMPERATURE] = f"{call.temperature:g}"
    try:
        draft = draft_from_json(AGENT_EXECUTION, {"metadata": metadata, "spec": spec}, caller)
        draft.taken_columns["callback_token"] = token
        create_agent_execution(draft, caller)
    except (InvalidInput, SkillMissing) as error:
        return AgentReply(reason="failed", detail=error.message)
    return None


def _variable(value: str, secrets: RunSecrets) -> dict[str, Json]:
    opened = secrets.open_text(value)
    return {"value": opened, "is_secret": opened != value}


def _find(call: AgentCall, org: str) -> AgentExecution | None:
    return find_agent_run(children.name_of(call), org, SYSTEM)
