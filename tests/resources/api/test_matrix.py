"""Who may call what: every RPC of the contract, for eight callers, on resources of their own, of others, of a foreign
organization and of the platform.

What is expected is worked out here, from the options of the contract and a few lines of rules, without the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from django.db import transaction
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from apps.resources.api.adapter import Service
from apps.resources.api.authentication import admit_everybody
from apps.resources.api.authorization import authorize, short_name
from apps.resources.api.permission import Gate, Requirement, requirement_of
from apps.resources.api.status import CODES
from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import InvalidInput, StigmerError
from apps.resources.executions.kind import ExecutionKind
from apps.resources.json_value import Json
from apps.resources.kinds.api_key.actions import create_api_key
from apps.resources.kinds.api_key.callers import KeyCallers
from apps.resources.kinds.api_key.model import ApiKey
from apps.resources.kinds.iam_policy.actions import find_policy, grant, policy_draft
from apps.resources.kinds.identity_account.actions import sign_up
from apps.resources.registry import API_KEY, BY_NAME, KINDS
from apps.resources.wire.codec import draft_from_json, message_class
from apps.resources.writes import actions
from tests.suites.wired import wired_services
from tests.support.archives import SKILL_MD, archive
from tests.support.databases import both_databases
from tests.support.machines import HandOver, IdleLauncher, launchers
from tests.web import stored

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]

ROLES = {"owner": 4, "admin": 3, "member": 2, "viewer": 1}
CALLERS = ("operator", *ROLES, "stranger", "nobody", "expired")
PLACES = ("own", "others", "foreign", "platform")
OK, NOT_FOUND = grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND
DENIED, UNKNOWN = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED
LET_IN = frozenset({OK, grpc.StatusCode.FAILED_PRECONDITION})
"""What says that nobody was refused for who they are: a resource in use cannot be deleted, whoever asks."""

# The rules: what it takes, by permission, in ranks of ROLES; and what RPCs take of which the contract says nothing.

NEEDED = {
    "can_view": 1,
    **dict.fromkeys(("create", "can_create_agent", "can_create_workflow", "can_create_session", "can_create_skill"), 2),
    **dict.fromkeys(("can_create_instance", "can_execute"), 2),
    **dict.fromkeys(("can_edit", "can_delete", "can_view_access", "can_grant_access"), 3),
}
UNSAID = {
    "apply": "can_edit",
    "getByReference": "can_view",
    "listByAgent": "anybody",
    "list": "anybody",
    **{f"{kind}CommandController.create": "create" for kind in ("Environment", "McpServer")},
    **{f"{kind}CommandController.create": "can_create_instance" for kind in ("AgentInstance", "WorkflowInstance")},
    **{f"{kind}CommandController.create": "can_execute" for kind in ("AgentExecution", "WorkflowExecution")},
    **dict.fromkeys(("executeAsync", "cancelExecution", "pauseExecution", "resumeExecution"), "can_edit"),
    **dict.fromkeys(("simulateSignupWebhook", "getByKeyHash", "ExecutionContextCommandController.apply"), "operator"),
    **dict.fromkeys(("ResourceController.get", "ResourceController.countBelongings", "follow"), "can_view"),
    "ResourceController.usedBy": "can_view",
    **dict.fromkeys(("RevisionController.list", "RevisionController.get", "RevisionController.diff"), "can_view"),
    "ResourceController.delete": "can_delete",
    "RevisionController.rollback": "can_edit",
    "ExecutionController.cancel": "can_edit",
    "ExecutionController.signal": "can_edit",
    "ExecutionController.terminate": "can_edit",
    "RunController.start": "can_execute",
}
"""By method, or by service and method where that is not enough."""
SHOWN = {
    **dict.fromkeys(("getByAgent", "getByWorkflow", "listByWorkflow", "find"), "can_view"),
    **dict.fromkeys(("getArtifact", "SkillQueryController.getByReference"), "can_view"),
    "checkAuthorization": "can_view_access",
}
"""Open to whoever is signed in; yet they answer about something, which takes that."""
IN_ORGANIZATION = frozenset(
    {"can_create_agent", "can_create_workflow", "can_create_session", "can_create_skill", "create"}
)


def expected(who: str, method: MethodDescriptor, kind: str, place: str) -> grpc.StatusCode:
    if who in {"nobody", "expired"}:
        return UNKNOWN
    requirement, short = requirement_of(method), short_name(method.full_name)
    if requirement.is_for_anybody:
        if method.name == "getArtifact" and place == "own":
            return OK  # who has uploaded an archive has it
        shown = SHOWN.get(short, SHOWN.get(method.name, ""))
        return verdict(who, shown, kind, place) if shown else OK
    if short == "OrganizationCommandController.apply" and not rank_at(who, place):
        return grpc.StatusCode.ALREADY_EXISTS  # it would be created, under a name that is taken
    permission = requirement.permission or UNSAID[short if short in UNSAID else method.name]
    if permission == "operator":
        return OK if who == "operator" else DENIED
    return OK if permission == "anybody" or about_nobody(requirement, method) else verdict(who, permission, kind, place)


def about_nobody(requirement: Requirement, method: MethodDescriptor) -> bool:
    """It answers what one may see, whoever it is about."""
    return method.name == "listAuthorizedResourceIds" and not requirement.resource_kind


def verdict(who: str, permission: str, kind: str, place: str) -> grpc.StatusCode:
    if kind == "ApiKey":
        return OK if place == "own" else NOT_FOUND
    if kind == "IdentityAccount":
        return OK if place == "own" or who == "operator" else NOT_FOUND
    rank = rank_at(who, place)
    needed = NEEDED[permission]
    if kind == "Organization" and permission in {"can_edit", "can_delete"}:
        needed = 4
    if place == "platform" and permission in {"create", *(each for each in NEEDED if each.startswith("can_create"))}:
        return OK if who == "operator" else DENIED
    if not rank:
        return NOT_FOUND
    made_it = place == "own" and rank >= 2 and kind not in {"Organization", "IamPolicy"}
    if rank >= needed or (made_it and permission in {"can_edit", "can_delete"}):
        return OK
    return DENIED


def rank_at(who: str, place: str) -> int:
    if place == "platform":
        return 5 if who == "operator" else 1
    return ROLES.get(who, 0) if place in {"own", "others"} else 0


# The world: two organizations, an account for every caller, and a resource of every kind at every place.


@dataclass
class World:
    accounts: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    organizations: dict[str, Resource] = field(default_factory=dict)
    rows: dict[tuple[str, str], Resource] = field(default_factory=dict)
    """By kind and place."""

    @classmethod
    def of(cls, who: str) -> World:
        world = cls()
        for slug in ("acme", "other"):
            actions.ensure_organization(slug, "")
            world.organizations[slug] = stored_organization(slug)
        for name in (*CALLERS, "colleague", "foreigner", "root"):
            world.accounts[name] = sign_up(f"{name}@example.com").pk
        for name, role in {**{role: role for role in ROLES}, "expired": "member", "colleague": "owner"}.items():
            world.give(name, "organization", world.organizations["acme"].pk, role)
        world.give("foreigner", "organization", world.organizations["other"].pk, "owner")
        for name in ("operator", "root"):
            world.give(name, "platform", "stigmer", "operator")
        for name in ("colleague", "foreigner", who):
            world.add_key(name)
        maker = {"nobody": "member"}.get(who, who)
        for place, name, org in (
            ("own", maker, "acme"),
            ("others", "colleague", "acme"),
            ("foreign", "foreigner", "other"),
        ):
            world.fill(place, name, org)
        world.fill("platform", "root", "")
        return world

    def give(self, name: str, kind: str, resource_id: str, relation: str) -> None:
        principal = {"kind": "identity_account", "id": self.accounts[name]}
        spec = {"principal": principal, "resource": {"kind": kind, "id": resource_id}, "relation": relation}
        grant(policy_draft(spec), SYSTEM)

    def add_key(self, name: str) -> None:
        caller = Caller(self.accounts[name], "")
        wanted = draft_from_json(API_KEY, {"metadata": {"name": name}, "spec": {"never_expires": True}}, caller)
        outcome, self.keys[name] = create_api_key(wanted, caller)
        if name == "expired":
            ApiKey.objects.filter(pk=outcome.row.pk).update(expires_at="2020-01-01T00:00:00Z")

    def fill(self, place: str, maker: str, org: str) -> None:
        caller = Caller(self.accounts[maker], org or "acme", may_import=True)
        scope = "organization" if org else "platform"

        def add(kind: str, spec: dict[str, Json], scope: str | None = scope) -> str:
            scoped = {"owner_scope": scope} if scope else {}
            metadata = {"name": f"{kind} {place}".lower(), "org": org, **scoped}
            try:
                row = made(kind, {"metadata": metadata, "spec": spec}, caller)
            except InvalidInput:  # not every kind may be the platform's
                assert place == "platform", (kind, place)
                return ""
            self.rows[kind, place] = row
            return row.pk

        for kind in ("Environment", "McpServer"):
            add(kind, stored.SPECS[kind](""))
        add("Skill", {"skill_md": f"{SKILL_MD}\nOf {place}.\n"})  # archives are known by their content
        agent, workflow = (add(kind, stored.SPECS[kind]("")) for kind in ("Agent", "Workflow"))
        instance = add("AgentInstance", {"agent_id": agent})
        session = add("Session", {"agent_instance_id": instance}) if org else ""
        workflow_instance = add("WorkflowInstance", {"workflow_id": workflow})
        if org:
            run = add("AgentExecution", {"session_id": session, "agent_id": agent, "message": "Hello."}, None)
            add("WorkflowExecution", {"workflow_instance_id": workflow_instance, "workflow_id": workflow})
            add("ExecutionContext", {"execution_id": run}, None)
            self.rows["Organization", place] = self.organizations[org]
            self.rows["IdentityAccount", place] = row_of("IdentityAccount", self.accounts[maker])
            key = ApiKey.objects.filter(account_id=self.accounts[maker]).first()
            if key is not None:
                self.rows["ApiKey", place] = key
        about = (
            {"kind": "organization", "id": self.organizations[org].pk} if org else {"kind": "platform", "id": "stigmer"}
        )
        principal = {"kind": "team", "id": f"team-of-{place}"}
        policy = policy_draft({"principal": principal, "resource": about, "relation": "viewer" if org else "operator"})
        grant(policy, SYSTEM)
        found = find_policy(policy)
        assert found is not None
        self.rows["IamPolicy", place] = found


def made(kind_name: str, envelope: dict[str, Json], caller: Caller) -> Resource:
    kind = BY_NAME[kind_name]
    if isinstance(kind, ExecutionKind):
        return stored.start(kind, draft_from_json(kind, envelope, caller), caller)
    draft = draft_from_json(kind, envelope, caller)
    return actions.create(draft, caller).row


def stored_organization(slug: str) -> Resource:
    found: Resource = BY_NAME["Organization"].model.objects.get(slug=slug)
    return found


def row_of(kind: str, resource_id: str) -> Resource:
    found: Resource = BY_NAME[kind].model.objects.get(pk=resource_id)
    return found


# The calls.


class Context:
    """As much of a call's context as handlers look at."""

    def __init__(self, key: str) -> None:
        self.metadata = (("authorization", f"Bearer {key}"),) if key else ()

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self.metadata

    def set_trailing_metadata(self, metadata: object) -> None:
        pass


def request_of(method: MethodDescriptor, kind: str, row: Resource, world: World) -> Message:
    """What a caller would send to do this with that."""
    request_class = message_factory.GetMessageClass(method.input_type)
    if method.input_type.full_name == BY_NAME[kind].message_name:
        return envelope_of(method.name, kind, row)
    fields = set(request_class.DESCRIPTOR.fields_by_name)
    if kind == "IamPolicy":
        return policy_request(method, request_class, row, world)
    if method.name == "push":
        return request_class(name="another", artifact=archive(), scope=row.owner_scope, org=row.org)
    if method.name == "getArtifact":
        stored_skill: Any = message_class(BY_NAME[kind]).FromString(bytes(row.snapshot))
        return request_class(artifact_storage_key=stored_skill.status.artifact_storage_key)
    if method.input_type.name == "ApiResourceReference":
        return request_class(slug=row.slug, org=row.org, scope=row.owner_scope)
    named = {
        "listByWorkflow": getattr(row, "instance_id", ""),
        "getByEmail": getattr(row, "email", ""),
        "getByIdpId": getattr(row, "idp_id", ""),
        "getByKeyHash": getattr(row, "key_hash", ""),
        "simulateSignupWebhook": "somebody@example.com",
    }.get(method.name, row.pk)
    ids = (
        "value",
        "resource_id",
        "execution_id",
        "workflow_execution_id",
        "id",
        "agent_id",
        "workflow_id",
        "session_id",
    )
    given: dict[str, Json] = {name: getattr(row, name, named) for name in ids if name in fields}
    if method.name == "listByWorkflow":
        given["workflow_id"] = named
    more: dict[str, dict[str, Json]] = {
        "updateStatus": {"status": {"phase": "EXECUTION_IN_PROGRESS"}},
        "signal": {"name": "go"},
    }
    given |= more.get(method.name, {})
    if method.name == "find":
        given["org"] = row.slug
    if "kind" in fields and method.name != "find":
        given["kind"] = kind
    return json_format.ParseDict({**given, **MORE.get(method.name, {})}, request_class())


MORE: dict[str, dict[str, Json]] = {"rollback": {"number": 1}, "get": {}}


def envelope_of(verb: str, kind: str, row: Resource) -> Message:
    envelope: Any = message_class(BY_NAME[kind]).FromString(bytes(row.snapshot))
    envelope.metadata.version.Clear()
    envelope.metadata.labels["changed"] = "yes"
    if verb != "update":
        envelope.metadata.id = ""
    if verb == "create":
        envelope.metadata.name, envelope.metadata.slug = f"another {row.slug}"[:14], ""
        if kind == "WorkflowExecution":
            envelope.metadata.name = ""
    found: Message = envelope
    return found


def policy_request(method: MethodDescriptor, request_class: type[Message], row: Any, world: World) -> Message:
    resource = {"kind": row.resource_kind, "id": row.resource_id}
    newcomer = {"kind": "identity_account", "id": world.accounts["colleague"]}
    spec = {"principal": newcomer, "resource": resource, "relation": "viewer"}
    by_message: dict[str, Json] = {
        "IamPolicySpec": spec if row.resource_kind != "platform" else {**spec, "relation": "operator"},
        "ApiResourceRef": {"kind": "agent", "id": "agt-gone"},
        "IamPolicyId": {"value": row.pk},
        "CheckAuthorizationInput": {"policy": {**spec, "principal": {"kind": "identity_account", "id": "?"}}},
        "ListAuthorizedResourceIdsInput": {"principal": newcomer, "resource_kind": "agent", "relation": "can_view"},
        "ListAuthorizedPrincipalIdsInput": {
            "resource": resource,
            "principal_kind": "identity_account",
            "relation": "can_view",
        },
    }
    given = by_message[method.input_type.name]
    if method.name == "createPlatformLink":
        given = {"principal": {"kind": "platform", "id": "stigmer"}, "resource": resource, "relation": "platform"}
    return json_format.ParseDict(given, request_class())


def observed(service: type[Service], method: MethodDescriptor, request: Message, key: str) -> grpc.StatusCode:
    """How the call ends; what it did is undone."""
    gate = Gate.of(method, admit_everybody, authorize, KeyCallers())
    context: Any = Context(key)
    try:
        with transaction.atomic():
            try:
                if method.server_streaming or method.client_streaming:
                    gate.admit(context, request)
                else:
                    service(gate=gate).answer_call(request, context)
            finally:
                transaction.set_rollback(True)
    except StigmerError as refused:
        return CODES[type(refused)]
    return OK


def cells(world: World) -> Iterator[tuple[type[Service], MethodDescriptor, str, str, Message]]:
    """Every RPC of the contract with every place that it can be about."""
    for service in wired_services():
        descriptor = descriptor_pool.Default().FindServiceByName(service.full_name)
        kind = next((kind.name for kind in KINDS if kind.package == descriptor.file.package), "")
        for method in descriptor.methods:
            for kind_of_it in [kind] if kind else OF_EXTENSION.get(short_name(method.full_name), []):
                for place in PLACES:
                    row = world.rows.get((kind_of_it, place))
                    if row is not None:
                        yield service, method, kind_of_it, place, request_of(method, kind_of_it, row, world)


OF_EXTENSION = {
    **{
        key: ["Agent"]
        for key in ("ResourceController.get", "ResourceController.delete", "ResourceController.countBelongings")
    },
    **{key: ["Agent"] for key in ("RevisionController.list", "RevisionController.rollback")},
    **{key: ["AgentExecution"] for key in ("ExecutionController.cancel", "ExecutionController.follow")},
    **{
        key: ["WorkflowExecution"]
        for key in (f"WorkflowRunnerServiceController.{verb}Execution" for verb in ("cancel", "pause", "resume"))
    },
    "WorkflowRunnerServiceController.executeAsync": ["WorkflowExecution"],
    "ExecutionController.signal": ["WorkflowExecution"],
    "ExecutionController.terminate": ["WorkflowExecution"],
}
"""What RPCs are asked about that are no single kind's."""


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("who", CALLERS)
def test_every_rpc_answers_who_may_call_it_and_refuses_the_rest(who: str, hand_over: HandOver) -> None:
    hand_over(launchers=launchers(IdleLauncher()))
    world = World.of(who)
    key = "" if who == "nobody" else world.keys[who]
    wrong, asked = {}, set()
    for service, method, kind, place, request in cells(world):
        wanted = expected(who, method, kind, place)
        found = observed(service, method, request, key)
        asked.add(method.full_name)
        if found is not wanted and not (wanted is OK and found in LET_IN):
            wrong[short_name(method.full_name), place] = (wanted.name, found.name)
    assert not wrong, "\n".join(f"{rpc} {place}: {how}" for (rpc, place), how in wrong.items())
    assert len({name for name in asked if ".controlplane." not in name}) == 105
