"""Resources in the test's own database, written as everything is: by actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin.utils import flatten_fieldsets

from apps.resources.base import Resource
from apps.resources.caller import LOCAL, SYSTEM, Caller
from apps.resources.executions import actions as run_actions
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Kind
from apps.resources.kinds.api_key.actions import create_api_key
from apps.resources.kinds.iam_policy.actions import find_policy, grant, policy_draft
from apps.resources.kinds.identity_account.actions import ensure_local_account, sign_up
from apps.resources.registry import API_KEY, BY_NAME
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.resources.writes.batch import WriteBatch
from tests.factories import AGENT_SPEC, WORKFLOW_SPEC
from tests.support.archives import SKILL_MD
from tests.support.machines import IdleLauncher, handed_over, launchers

SPECS: dict[str, Callable[[str], dict[str, Json]]] = {
    "Agent": lambda _: AGENT_SPEC,
    "Workflow": lambda _: WORKFLOW_SPEC,
    "Environment": lambda _: {"data": {"REGION": {"value": "eu"}}},
    "Skill": lambda _: {"skill_md": SKILL_MD},
    "McpServer": lambda _: {"stdio": {"command": "uvx"}},
    "AgentInstance": lambda name: {"agent_id": store("Agent", f"parent of {name}").pk},
    "WorkflowInstance": lambda name: {"workflow_id": store("Workflow", f"parent of {name}").pk},
    "Session": lambda name: {"agent_instance_id": store("AgentInstance", f"instance of {name}").pk},
    "AgentExecution": lambda name: {"session_id": store("Session", f"session of {name}").pk, "message": "Say hello."},
    "WorkflowExecution": lambda name: {"workflow_instance_id": store("WorkflowInstance", f"instance of {name}").pk},
    "ExecutionContext": lambda _: {"execution_id": "aex-01jzzzzzzzzzzzzzzzzzzzzzzz"},
}

SCOPELESS = {"AgentExecution", "ExecutionContext"}


def store(kind_name: str, name: str, spec: dict[str, Json] | None = None, **metadata: Json) -> Resource:
    """Create or update one resource; one with a parent gets a parent of its own unless the spec names one."""
    kind = BY_NAME[kind_name]
    if isinstance(kind, ExecutionKind):
        return start(kind, draft_from_json(kind, envelope(kind_name, name, spec, **metadata), LOCAL))
    wanted = draft(kind_name, name, spec, **metadata)
    return actions.apply([wanted], _caller(wanted))[0].row


def draft(kind_name: str, name: str, spec: dict[str, Json] | None = None, **metadata: Json) -> Draft:
    return draft_from_json(BY_NAME[kind_name], envelope(kind_name, name, spec, **metadata), LOCAL)


def envelope(kind_name: str, name: str, spec: dict[str, Json] | None, **metadata: Json) -> dict[str, Json]:
    """Its JSON form, without what every one has."""
    wanted = spec if spec is not None else SPECS[kind_name](name)
    scope = {} if kind_name in SCOPELESS else {"owner_scope": "organization"}
    return {"metadata": {"name": name, **scope, **metadata}, "spec": wanted}


def one_of(kind: Kind, name: str) -> Resource:
    """A stored resource of any kind; the organization is the one there is."""
    if kind.name in MADE:
        return MADE[kind.name](name)
    if kind.name == "Organization":
        found: Resource = kind.model.objects.get(slug="local")
        return found
    return store(kind.name, name)


def _account(name: str) -> Resource:
    return sign_up(f"{name.replace(' ', '-')}@example.com")


def _api_key(name: str) -> Resource:
    ensure_local_account()
    wanted = draft_from_json(API_KEY, {"metadata": {"name": name}, "spec": {"never_expires": True}}, LOCAL)
    return create_api_key(wanted, LOCAL)[0].row


def _policy(name: str) -> Resource:
    ends = {"principal": {"kind": "team", "id": name.replace(" ", "-")}, "resource": {"kind": "agent", "id": "agt-1"}}
    wanted = policy_draft({**ends, "relation": "viewer"})
    grant(wanted, LOCAL)
    found = find_policy(wanted)
    assert found is not None
    return found


MADE: dict[str, Callable[[str], Resource]] = {"IdentityAccount": _account, "ApiKey": _api_key, "IamPolicy": _policy}
"""Kinds that are never applied, nor run."""


def form_of(page: Any) -> dict[str, str]:
    """What the form on an answered page would send if nothing were typed."""
    form = page.context["adminform"].form
    shown = [name for name in flatten_fieldsets(page.context["adminform"].fieldsets) if name in form.fields]
    assert set(shown) == set(form.fields), "a field that is not on the page can never be filled in"
    values = {name: form[name].value() for name in shown}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _caller(wanted: Draft) -> Caller:
    return SYSTEM if wanted.kind.name == "ExecutionContext" else LOCAL


def start(kind: ExecutionKind, wanted: Draft[Execution], caller: Caller = LOCAL) -> Resource:
    """A run that nobody works on."""
    spec = wanted.spec or {}
    wanted.taken_columns["target_id"] = _target_of(spec)
    if given := spec.get("trigger_metadata"):
        wanted.taken_columns["input"] = given
    batch = WriteBatch(kind, caller)
    with handed_over(launchers=launchers(IdleLauncher())), write_transaction():
        outcome = run_actions.start(kind, batch, wanted, wanted.spec or {})
        batch.save()
    return outcome.row


def _target_of(spec: dict[str, Json]) -> str:
    """The agent or workflow that it will be a run of, as who starts it works it out."""
    if session := BY_NAME["Session"].model.objects.filter(pk=spec.get("session_id")).first():
        return str(session.agent_instance.agent_id)
    instance = BY_NAME["WorkflowInstance"].model.objects.filter(pk=spec.get("workflow_instance_id")).first()
    return str(instance.workflow_id) if instance else ""
