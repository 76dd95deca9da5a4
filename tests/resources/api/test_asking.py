"""A server that asks for keys: who is let in, who is thrown out, and what streams are told."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from stigmer_proto.controlplane.v1 import executions_pb2

from tests.factories import make_agent
from tests.suites.api_unit import ApiUnit
from tests.suites.client import EXTENSION, Api, Envelope, Refused, unique
from tests.suites.idle_runs import IdleUnit
from tests.support.databases import Database, both_databases

pytestmark = both_databases
NOBODY = empty_pb2.Empty()


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, database: Database) -> Iterator[tuple[ApiUnit, str]]:
    """A server that was a machine of one's own before, and a key of whoever sat there."""
    with IdleUnit(tmp_path_factory.mktemp("asking"), env=database.environment()) as unit:
        unit.wait_until_ready()
        with Api(unit.endpoint) as before:
            key = new_key(before).spec.key_hash
        unit.env["STIGMER_ASKS_FOR_KEYS"] = "1"
        unit.signal(signal.SIGTERM)
        unit.restart()
        yield unit, key


@pytest.fixture
def mine(asking: tuple[ApiUnit, str]) -> Iterator[Api]:
    with Api(asking[0].endpoint, key=asking[1]) as api:
        yield api


def new_key(api: Api, **spec: Any) -> Envelope:  # Any: JSON
    keys = api.of("ApiKey")
    return keys.create(
        keys.envelope(spec or {"never_expires": True}, name=unique("key"), owner_scope="identity_account")
    )


def whoami(api: Api) -> Envelope:
    return api.of("IdentityAccount").query("whoAmI", NOBODY)


@pytest.mark.parametrize("key", ["", "hunter2", "stk_" + "0" * 38, "stk_" + "é" * 38])
def test_without_a_key_nobody_is_let_in_and_none_is_repeated(asking: tuple[ApiUnit, str], key: str) -> None:
    with Api(asking[0].endpoint, key=key.encode("ascii", "replace").decode()) as api, pytest.raises(Refused) as caught:
        whoami(api)
    assert (caught.value.code, caught.value.reason) == (
        grpc.StatusCode.UNAUTHENTICATED,
        "stigmer.caller.not_signed_in",
    )
    assert "000000" not in caught.value.message


def test_a_key_is_its_account_and_its_use_is_noted(mine: Api) -> None:
    assert whoami(mine).metadata.name == "local"
    made = new_key(mine)
    with Api(mine.endpoint, key=made.spec.key_hash) as api:
        assert whoami(api) == whoami(mine)
        agent = make_agent(api)
    assert agent.status.audit.spec_audit.created_by.id == whoami(mine).metadata.id
    used = mine.of("ApiKey").get(made.metadata.id)
    assert used.status.last_used_at.seconds >= made.status.audit.spec_audit.created_at.seconds


def test_a_revoked_key_ends_its_streams_and_lets_nobody_in(mine: Api) -> None:
    run, made = pending_run(mine), new_key(mine)
    with Api(mine.endpoint, key=made.spec.key_hash) as api:
        subscribed, followed = subscription(api, run), following(api, run)
        assert next(subscribed).metadata.id == run.metadata.id
        assert next(followed).events
        mine.of("ApiKey").delete(made.metadata.id)
        for stream in (subscribed, followed):
            assert how_it_ends(stream) is grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(Refused) as caught:
            whoami(api)
        assert caught.value.code is grpc.StatusCode.UNAUTHENTICATED


def test_whoever_makes_an_organization_owns_it_and_who_loses_a_role_loses_streams(mine: Api) -> None:
    organizations, policies = mine.of("Organization"), mine.of("IamPolicy")
    slug = unique("acme")
    made = organizations.create(
        organizations.envelope({}, name=slug, owner_scope="api_resource_owner_scope_unspecified")
    )
    owned = organizations.query("findMyOrganizations", NOBODY).entries
    assert made.metadata.id in {each.metadata.id for each in owned}
    run = pending_run(mine, org=slug)
    subscribed = subscription(mine, run)
    assert next(subscribed).metadata.org == slug
    resource = {"kind": "organization", "id": made.metadata.id}
    me = {"kind": "identity_account", "id": whoami(mine).metadata.id}
    heir = {"kind": "identity_account", "id": unique("ida-heir")}
    mine_again = policies.request("Command", "delete", principal=me, resource=resource, relation="owner")
    with pytest.raises(Refused) as last:
        policies.command("delete", mine_again)
    assert last.value.reason == "stigmer.permission.last_owner"
    policies.command(
        "create", policies.request("Command", "create", principal=heir, resource=resource, relation="owner")
    )
    policies.command("delete", mine_again)
    assert how_it_ends(subscribed) is grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(Refused) as gone:
        organizations.get(made.metadata.id)
    assert gone.value.code is grpc.StatusCode.NOT_FOUND


def pending_run(api: Api, org: str = "local") -> Envelope:
    agent = make_agent(api, org=org)
    runs = api.of("AgentExecution")
    spec = {"agent_id": agent.metadata.id, "message": "Wait."}
    return runs.create(runs.envelope(spec, org=org, owner_scope="api_resource_owner_scope_unspecified"))


def subscription(api: Api, run: Envelope) -> Any:  # a stream
    request = api.of("AgentExecution").request("Query", "subscribe", value=run.metadata.id)
    return api.stream("ai.stigmer.agentic.agentexecution.v1.AgentExecutionQueryController.subscribe", request)


def following(api: Api, run: Envelope) -> Any:  # a stream
    request = executions_pb2.FollowRequest(execution_id=run.metadata.id)
    return api.stream(f"{EXTENSION}.ExecutionController.follow", request)


def how_it_ends(stream: Any) -> grpc.StatusCode:  # a stream
    with pytest.raises(grpc.RpcError) as ended:
        list(stream)
    found: grpc.StatusCode = ended.value.code()
    return found
