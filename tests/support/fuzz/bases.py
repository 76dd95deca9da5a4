"""Envelopes and requests that are right, or nearly so, to begin with."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message

from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.resources.registry import KINDS
from apps.resources.wire.codec import message_class
from tests.factories import AGENT_SPEC, WORKFLOW_SPEC, task
from tests.resources.kinds.test_agent import FULL_SPEC
from tests.resources.kinds.test_workflow import GOOD
from tests.support.archives import SKILL_MD
from tests.support.fuzz.pool import Pool

SCOPELESS: Final = {"AgentExecution", "ExecutionContext", "ApiKey", "IdentityAccount", "IamPolicy", "Organization"}
TASKS: Final = [(kind, config) for kind, configs in GOOD.items() for config in configs]
SECRET: Final[Json] = {"value": "swordfish", "is_secret": True}


def envelope(kind: Kind, pool: Pool, *, by_id: bool) -> Message:
    """One of this kind, under a name of the pool; with `by_id` it is meant for one that is stored."""
    metadata: dict[str, Json] = {
        "name": "local" if kind.name == "Organization" else pool.name(),
        "org": pool.org(),
        "tags": ["red"],
        "labels": {"team": "core"},
    }
    if kind.name not in SCOPELESS and pool.rng.random() < 0.9:
        metadata["owner_scope"] = "platform" if pool.rng.random() < 0.1 else "organization"
    if by_id:
        metadata["id"] = pool.id_of(kind.prefix)
    if kind.name in {"AgentExecution", "WorkflowExecution"} and pool.rng.random() < 0.8:
        del metadata["name"]
    content = {"api_version": kind.api_version, "kind": kind.name, "metadata": metadata, "spec": spec(kind.name, pool)}
    return json_format.ParseDict(content, message_class(kind)())


def spec(kind: str, pool: Pool) -> dict[str, Json]:
    made: dict[str, Json] = SPECS[kind](pool)
    return made


def _agent(pool: Pool) -> dict[str, Json]:
    return FULL_SPEC if pool.rng.random() < 0.3 else AGENT_SPEC


def _workflow(pool: Pool) -> dict[str, Json]:
    chosen = pool.rng.sample(TASKS, pool.rng.randrange(1, 4))
    return {**WORKFLOW_SPEC, "tasks": [task(kind, config, f"t{at}") for at, (kind, config) in enumerate(chosen)]}


def _agent_run(pool: Pool) -> dict[str, Json]:
    of = {"session_id": pool.id_of("ses")} if pool.rng.random() < 0.5 else {"agent_id": pool.id_of("agt")}
    return {**of, "message": "Say hello.", "runtime_env": {"KEY": SECRET}}


def _workflow_run(pool: Pool) -> dict[str, Json]:
    by_instance = pool.rng.random() < 0.5
    of = {"workflow_instance_id": pool.id_of("win")} if by_instance else {"workflow_id": pool.id_of("wfl")}
    return {**of, "trigger_metadata": {"count": "7"}, "runtime_env": {"KEY": SECRET}}


def policy(pool: Pool) -> dict[str, Json]:
    kind, prefix = pool.rng.choice([("agent", "agt"), ("organization", "org"), ("workflow", "wfl"), ("session", "ses")])
    principal: Json = {"kind": "identity_account", "id": pool.id_of("ida")}
    if pool.rng.random() < 0.3:
        principal = {"kind": "team", "id": pool.name(), "relation": "member"}
    relation = pool.rng.choice(["viewer", "owner", "admin", "member", "operator", "can_view"])
    return {"principal": principal, "resource": {"kind": kind, "id": pool.id_of(prefix)}, "relation": relation}


SPECS: Final[dict[str, Any]] = {  # Any: functions of a pool
    "Organization": lambda _: {"description": "Makes things."},
    "Environment": lambda _: {"data": {"REGION": {"value": "eu"}, "KEY": SECRET}},
    "McpServer": lambda _: {"stdio": {"command": "uvx"}},
    "Skill": lambda _: {"skill_md": SKILL_MD},
    "Agent": _agent,
    "AgentInstance": lambda pool: {"agent_id": pool.id_of("agt")},
    "Session": lambda pool: {"agent_instance_id": pool.id_of("ain"), "subject": "Orders"},
    "AgentExecution": _agent_run,
    "Workflow": _workflow,
    "WorkflowInstance": lambda pool: {"workflow_id": pool.id_of("wfl")},
    "WorkflowExecution": _workflow_run,
    "ExecutionContext": lambda pool: {"execution_id": pool.id_of("wex"), "data": {"KEY": SECRET}},
    "IdentityAccount": lambda pool: {"email": f"{pool.name()}@example.com"},
    "ApiKey": lambda _: {"never_expires": True},
    "IamPolicy": policy,
}


def request(message_name: str, prefix: str, pool: Pool) -> dict[str, Json] | None:
    """The fields of a request of this type that is right; None where growing one will do."""
    made = REQUESTS.get(message_name)
    found: dict[str, Json] | None = made(pool, prefix) if made else None
    return found


def _of_some(pool: Pool, _: str, **more: Json) -> dict[str, Json]:
    kind = pool.rng.choice(KINDS)
    return {"kind": kind.name, "id": pool.id_of(kind.prefix), **more}


def _of_some_kind(pool: Pool, _: str) -> dict[str, Json]:
    phase = pool.rng.choice(["", "", "", "EXECUTION_PENDING", "EXECUTION_CANCELLED"])
    return {"kind": pool.rng.choice(KINDS).name, "phase": phase, "labels": {"team": "core"}, "tags": ["red"]}


def _revision(pool: Pool, prefix: str) -> dict[str, Json]:
    return _of_some(pool, prefix, number=pool.rng.randrange(1, 4))


def _batch(pool: Pool, _: str) -> dict[str, Json]:
    """Of a project, most of them: whole, some of them with what it no longer has taken away."""
    chosen = pool.rng.sample([kind for kind in KINDS if kind.name in APPLIED], pool.rng.randrange(1, 4))
    packed: list[Json] = []
    for kind in chosen:
        content = json_format.MessageToDict(envelope(kind, pool, by_id=False), preserving_proto_field_name=True)
        packed.append({"@type": f"type.googleapis.com/{kind.message_name}", **content})
    project = pool.rng.choice(["", *PROJECTS])
    whole: dict[str, Json] = {"project": project, "whole": True, "prune": pool.rng.random() < 0.5} if project else {}
    return {"resources": packed, "take_over": pool.rng.random() < 0.5, "dry_run": pool.rng.random() < 0.2, **whole}


def _project(pool: Pool, _: str) -> dict[str, Json]:
    return {"name": pool.rng.choice(PROJECTS), "org": pool.org()}


def _reference(pool: Pool, _: str) -> dict[str, Json]:
    return {"slug": pool.name(), "org": pool.org()}


def _start(pool: Pool, _: str) -> dict[str, Json]:
    field = pool.rng.choice(["agent", "workflow"])
    given: dict[str, Json] = (
        {"message": "Hello."} if field == "agent" else {"input": {"count": 7}, "input_texts": {"other": "8"}}
    )
    return {field: pool.name(), **given, "request_id": f"request-{pool.rng.randrange(30)}"}


def _listed(pool: Pool, _: str) -> dict[str, Json]:
    sort = pool.rng.choice(["", "started", "duration", "tokens"])
    asked: list[dict[str, Json]] = [{}, {"text": "hello"}, {"input": {"count": "7"}}, {"error": "a"}]
    words = pool.rng.choice(asked)
    return {"sort": sort, "page_size": pool.rng.randrange(1, 9), **words}


def _status(pool: Pool, prefix: str) -> dict[str, Json]:
    phase = pool.rng.choice(["IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLED", "PENDING"])
    return {"execution_id": pool.id_of(prefix), "status": {"phase": f"EXECUTION_{phase}", "error": "a sad end"}}


PROJECTS: Final = ("shop", "lab")
APPLIED: Final = {"Environment", "McpServer", "Agent", "AgentInstance", "Workflow", "WorkflowInstance", "Session"}
REQUESTS: Final[dict[str, Any]] = {  # Any: functions of a pool and a prefix
    **dict.fromkeys(
        ("GetResourceRequest", "UsedByRequest", "CountBelongingsRequest", "DeleteResourceRequest"), _of_some
    ),
    **dict.fromkeys(("ListResourcesRequest", "WatchResourcesRequest"), _of_some_kind),
    **dict.fromkeys(("GetRevisionRequest", "RollbackRequest"), _revision),
    **dict.fromkeys(("ListRevisionsRequest", "DiffRevisionsRequest"), _of_some),
    "BatchApplyRequest": _batch,
    **dict.fromkeys(("GetProjectRequest", "PlanDestroyRequest", "DestroyProjectRequest"), _project),
    "ApiResourceReference": _reference,
    "StartRunRequest": _start,
    "ListRunsRequest": _listed,
    **{f"{kind}UpdateStatusInput": _status for kind in ("AgentExecution", "WorkflowExecution")},
    "IamPolicySpec": lambda pool, _: policy(pool),
    "FollowRequest": lambda pool, _: {"execution_id": pool.id_of(pool.rng.choice(["aex", "wex"]))},
    "SubscribeWorkflowExecutionRequest": lambda pool, _: {"execution_id": pool.id_of("wex")},
    "IdentityAccountEmail": lambda pool, _: {"value": f"{pool.name()}@example.com"},
    "CheckAuthorizationInput": lambda pool, _: {"policy": policy(pool)},
}
