"""Creating a run of an agent, with the session it belongs to."""

from __future__ import annotations

from apps.resources.base import OwnerScope
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions.actions import start
from apps.resources.executions.variables import masker_of_draft
from apps.resources.identity import new_id
from apps.resources.kind import Draft, Kind, Metadata, Row
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.session.model import Session
from apps.resources.registry import AGENT, AGENT_EXECUTION, AGENT_INSTANCE, SESSION
from apps.resources.storage.lookup import find_row, visible
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.wire.codec import trusted_draft, with_spec_fields
from apps.resources.writes import integrity
from apps.resources.writes.batch import IdentityTaken, WriteBatch
from apps.resources.writes.default_instances import FIELD
from apps.resources.writes.outcome import Outcome

MAX_SUBJECT = 80


@repeatable
def create_agent_execution(draft: Draft[AgentExecution], caller: Caller) -> Outcome[AgentExecution]:
    """Store a PENDING run of a session, or of an agent in a new session of its default instance.

    Raises InvalidInput when neither is given, does not exist, or the two disagree; AlreadyExists when
    the run's own name is taken; EngineUnavailable. Nothing is stored then, the new session included.
    """
    try:
        with write_transaction():
            session, asked = _session(draft, caller), draft.spec or {}
            instance = session.agent_instance
            message = masker_of_draft(draft, instance.agent, instance, caller).text(asked.get("message", ""))
            draft = with_spec_fields(draft, session_id=session.pk, agent_id=instance.agent_id, message=message)
            draft.metadata.org, draft.parent = session.org, session
            integrity.check(AGENT_EXECUTION, [draft], caller)
            batch = WriteBatch(AGENT_EXECUTION, caller)
            outcome = start(AGENT_EXECUTION, batch, draft, asked)
            batch.save()
            return outcome
    except IdentityTaken as taken:
        raise taken.explained() from None


def _session(draft: Draft, caller: Caller) -> Session:
    spec = draft.spec or {}
    session_id, agent_id = spec.get("session_id", ""), spec.get("agent_id", "")
    if not session_id:
        return _new_session(agent_id, draft, caller)
    session = visible(SESSION, caller).select_related("agent_instance__agent").filter(pk=session_id).first()
    if session is None:
        raise InvalidInput.at("spec.session_id", f"Session {session_id!r} does not exist")
    if agent_id and agent_id != session.agent_instance.agent_id:
        raise InvalidInput.at(
            "spec.agent_id", f"is {agent_id}, but session {session_id} belongs to {session.agent_instance.agent_id}"
        )
    return session


def _new_session(agent_id: str, draft: Draft, caller: Caller) -> Session:
    if not agent_id:
        raise InvalidInput.at("spec", "needs a session_id or an agent_id: whom to run")
    agent = _found(AGENT, agent_id, "spec.agent_id", caller)
    instance = _found(AGENT_INSTANCE, agent.status.get(FIELD, ""), "spec.agent_id", caller)
    name = new_id(SESSION.noun)
    metadata = Metadata(name=name, slug=name, org=agent.org or caller.org, owner_scope=OwnerScope.ORGANIZATION)
    instance.agent = agent
    message = masker_of_draft(draft, agent, instance, caller).text((draft.spec or {}).get("message", ""))
    subject = " ".join(message.split())
    shown = subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…"
    batch = WriteBatch(SESSION, caller)
    outcome = batch.create(trusted_draft(SESSION, metadata, {"agent_instance_id": instance.pk, "subject": shown}))
    batch.save()
    outcome.row.agent_instance = instance
    return outcome.row


def _found(kind: Kind[Row], resource_id: str, path: str, caller: Caller) -> Row:
    row = find_row(kind, resource_id, caller)
    if row is None:
        missing = (
            f"{kind.name} {resource_id!r} does not exist" if resource_id else "has no default instance: apply it again"
        )
        raise InvalidInput.at(path, missing)
    return row
