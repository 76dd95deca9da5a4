"""Creating a run of an agent, with the session it belongs to."""

from __future__ import annotations

from apps.resources.base import OwnerScope
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.executions.actions import start
from apps.resources.executions.skills import pin_skills
from apps.resources.executions.variables import masker_of_draft
from apps.resources.identity import new_id
from apps.resources.kind import Draft, Metadata
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.agent_instance.model import AgentInstance
from apps.resources.kinds.session.model import Session
from apps.resources.registry import AGENT, AGENT_EXECUTION, AGENT_INSTANCE, SESSION
from apps.resources.storage.lookup import find_row, visible
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.wire.codec import trusted_draft, with_spec_fields
from apps.resources.writes import integrity
from apps.resources.writes.batch import IdentityTaken, WriteBatch
from apps.resources.writes.default_instances import FIELD
from apps.resources.writes.naming import id_missing, with_ids
from apps.resources.writes.outcome import Outcome

MAX_SUBJECT = 80


@repeatable
def create_agent_execution(
    draft: Draft[AgentExecution], caller: Caller, *, instance_id: str = ""
) -> Outcome[AgentExecution]:
    """Store a PENDING run of a session, or of an agent or of one of its instances in a new session.

    An agent runs by its default instance. `instance_id` is of the one that it runs by instead.

    Raises InvalidInput when neither is given, does not exist, or the two disagree; AlreadyExists when
    the run's own name is taken; SkillMissing; EngineUnavailable. Nothing is stored then, the new session included.
    """
    try:
        with write_transaction():
            [draft] = with_ids(AGENT_EXECUTION, [draft], caller)
            session, asked = _session(draft, instance_id, caller), draft.spec or {}
            instance = session.agent_instance
            message = masker_of_draft(draft, instance.agent, instance, caller).text(asked.get("message", ""))
            draft = with_spec_fields(draft, session_id=session.pk, agent_id=instance.agent_id, message=message)
            draft.metadata.org, draft.parent = session.org, session
            draft.taken_columns["target_id"] = instance.agent_id
            draft.taken_columns["skills"] = pin_skills(instance.agent, caller)
            integrity.check(AGENT_EXECUTION, [draft], caller)
            batch = WriteBatch(AGENT_EXECUTION, caller)
            outcome = start(AGENT_EXECUTION, batch, draft, asked)
            batch.save()
            return outcome
    except IdentityTaken as taken:
        raise taken.explained() from None


def _session(draft: Draft, instance_id: str, caller: Caller) -> Session:
    spec = draft.spec or {}
    session_id, agent_id = spec.get("session_id", ""), spec.get("agent_id", "")
    if not session_id:
        org = draft.metadata.org
        instance = _instance(instance_id, caller) if instance_id else _default_instance(agent_id, org, caller)
        return _new_session(instance, draft, caller)
    session = visible(SESSION, caller).select_related("agent_instance__agent").filter(pk=session_id).first()
    if session is None:
        raise InvalidInput.at("spec.session_id", id_missing(SESSION.name, session_id, draft.metadata.org))
    if agent_id and agent_id != session.agent_instance.agent_id:
        raise InvalidInput.at(
            "spec.agent_id", f"is {agent_id}, but session {session_id} belongs to {session.agent_instance.agent_id}"
        )
    if instance_id not in {"", session.agent_instance_id}:
        raise InvalidInput.at("spec.session_id", f"{session_id} belongs to {session.agent_instance_id}")
    return session


def _instance(instance_id: str, caller: Caller) -> AgentInstance:
    found = visible(AGENT_INSTANCE, caller).select_related("agent").filter(pk=instance_id).first()
    if found is None:
        raise NotFound(AGENT_INSTANCE.name, instance_id)
    return found


def _default_instance(agent_id: str, org: str, caller: Caller) -> AgentInstance:
    if not agent_id:
        raise InvalidInput.at("spec", "needs a session_id or an agent_id: whom to run")
    agent = find_row(AGENT, agent_id, caller)
    if agent is None:
        raise InvalidInput.at("spec.agent_id", id_missing(AGENT.name, agent_id, org))
    instance = find_row(AGENT_INSTANCE, agent.status.get(FIELD, ""), caller)
    if instance is None:
        raise InvalidInput.at("spec.agent_id", f"agent {agent.slug!r} has no default instance: apply it again")
    instance.agent = agent
    return instance


def _new_session(instance: AgentInstance, draft: Draft, caller: Caller) -> Session:
    agent, name = instance.agent, new_id(SESSION.noun)
    metadata = Metadata(name=name, slug=name, org=agent.org or caller.org, owner_scope=OwnerScope.ORGANIZATION)
    message = masker_of_draft(draft, agent, instance, caller).text((draft.spec or {}).get("message", ""))
    subject = " ".join(message.split())
    shown = subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…"
    batch = WriteBatch(SESSION, caller)
    outcome = batch.create(trusted_draft(SESSION, metadata, {"agent_instance_id": instance.pk, "subject": shown}))
    batch.save()
    outcome.row.agent_instance = instance
    return outcome.row
